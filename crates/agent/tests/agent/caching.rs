//! What the cache is for: one exchange for many processes, and credentials while the server is away.

use super::support::{Reply, Run, Server, World, now, run, set_mode};
use std::process::Stdio;
use thingpass_wire::timestamp::iso_8601;
use time::Duration;

fn serving(replies: Vec<Reply>) -> (World, Server) {
    let world = World::new();
    let server = Server::start(&world, replies, Duration::ZERO);
    (world, server)
}

fn hour() -> Reply {
    Reply::credentials(Duration::HOUR)
}

/// Makes the entry an hour old, with so much of its life left.
fn age(world: &World, left: Duration) {
    let path = world.cache_file();
    let mut entry: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let now = now();
    entry["obtained"] = iso_8601(now - Duration::HOUR).into();
    entry["credentials"]["expiration"] = iso_8601(now + left).into();
    std::fs::write(&path, entry.to_string()).unwrap();
}

#[test]
fn the_second_call_is_answered_from_the_cache() {
    let (world, server) = serving(vec![hour()]);
    let first = run(&mut world.cached(&server.endpoint()));
    first.assert_credentials();
    let second = run(&mut world.cached(&server.endpoint()));
    second.assert_credentials();
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn the_cache_is_in_the_home_directory_unless_told_otherwise() {
    let (world, server) = serving(vec![hour()]);
    run(world
        .agent(&server.endpoint())
        .env("HOME", world.path("home")))
    .assert_credentials();
    assert!(world.path("home/.cache/thingpass").is_dir());
    run(world
        .agent(&server.endpoint())
        .env("XDG_CACHE_HOME", world.path("xdg")))
    .assert_credentials();
    assert!(world.path("xdg/thingpass").is_dir());
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn another_request_is_another_entry() {
    let (world, server) = serving(vec![hour()]);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    for option in [["--thing-name", "lamp-7"], ["--duration-seconds", "900"]] {
        run(world.cached(&server.endpoint()).args(option)).assert_credentials();
    }
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn many_processes_at_once_ask_once() {
    let (world, server) = serving(vec![hour()]);
    let children: Vec<_> = (0..8)
        .map(|_| {
            world
                .cached(&server.endpoint())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        Run::of(&child.wait_with_output().unwrap()).assert_credentials();
    }
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn ageing_credentials_are_renewed() {
    let (world, server) = serving(vec![hour()]);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    age(&world, Duration::minutes(19));
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    assert_eq!(server.seen().len(), 2);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn ageing_credentials_bridge_an_outage() {
    let (world, server) = serving(vec![hour(), Reply::refusal(503, "not now")]);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    age(&world, Duration::minutes(10));
    let bridged = run(&mut world.cached(&server.endpoint()));
    assert_eq!(bridged.document()["SessionToken"], "very-secret-token");
    assert!(
        bridged.stderr.contains("using cached credentials"),
        "{}",
        bridged.stderr
    );
    age(&world, Duration::seconds(-1));
    run(&mut world.cached(&server.endpoint())).assert_failure(1, &["not now"]);
}

#[test]
fn a_refusal_ends_the_cached_credentials() {
    let (world, server) = serving(vec![
        hour(),
        Reply::refusal(403, "Access Denied"),
        Reply::refusal(503, "not now"),
    ]);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    age(&world, Duration::minutes(10));
    run(&mut world.cached(&server.endpoint())).assert_failure(1, &["Access Denied"]);
    run(&mut world.cached(&server.endpoint())).assert_failure(1, &["not now"]);
}

#[test]
fn a_damaged_entry_is_told_and_replaced() {
    let (world, server) = serving(vec![hour()]);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    std::fs::write(world.cache_file(), "very-secret garbage").unwrap();
    let warned = run(&mut world.cached(&server.endpoint()));
    assert_eq!(warned.code, 0);
    assert!(
        warned.stderr.contains("is damaged; it is replaced"),
        "{}",
        warned.stderr
    );
    assert_eq!(warned.stderr.lines().count(), 1);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    assert_eq!(server.seen().len(), 2);
}

#[cfg(unix)]
#[test]
fn an_entry_that_others_may_read_is_told_and_replaced() {
    let (world, server) = serving(vec![hour()]);
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    set_mode(&world.cache_file(), 0o644);
    let warned = run(&mut world.cached(&server.endpoint()));
    assert!(
        warned.stderr.contains("is open to other users"),
        "{}",
        warned.stderr
    );
    run(&mut world.cached(&server.endpoint())).assert_credentials();
    assert_eq!(server.seen().len(), 2);
}

#[cfg(unix)]
#[test]
fn without_a_usable_directory_credentials_come_all_the_same() {
    let (world, server) = serving(vec![hour()]);
    std::fs::create_dir(world.path("cache")).unwrap();
    set_mode(&world.path("cache"), 0o755);
    let warned = run(&mut world.cached(&server.endpoint()));
    assert_eq!(warned.code, 0);
    assert!(warned.stderr.contains("chmod 700"), "{}", warned.stderr);
    assert_eq!(std::fs::read_dir(world.path("cache")).unwrap().count(), 0);
}
