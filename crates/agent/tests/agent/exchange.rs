//! The agent against a device endpoint: what it sends, and what it makes of each answer.

use super::support::{Reply, Server, World, authority, device, run, set_mode};
use std::net::TcpListener;
use time::Duration;

fn serving(replies: Vec<Reply>) -> (World, Server) {
    let world = World::new();
    let server = Server::start(&world, replies, Duration::ZERO);
    (world, server)
}

fn hour() -> Reply {
    Reply::credentials(Duration::HOUR)
}

#[test]
fn credentials_are_printed_as_sdks_read_them() {
    let reply = hour();
    let (world, server) = serving(vec![reply.clone()]);
    let run = run(&mut world.uncached(&server.endpoint()));
    run.assert_credentials();
    assert!(run.stdout.len() <= 1024);
    let document = run.document();
    let names: Vec<_> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "Version",
            "AccessKeyId",
            "SecretAccessKey",
            "SessionToken",
            "Expiration"
        ]
    );
    assert_eq!(document["Version"], 1);
    let Reply::Answer(_, body) = reply else {
        unreachable!()
    };
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["Expiration"], body["credentials"]["expiration"]);
}

#[test]
fn the_request_names_endpoint_alias_thing_and_duration() {
    let (world, server) = serving(vec![hour()]);
    run(world.uncached(&server.endpoint()).args([
        "--thing-name",
        "lamp-7",
        "--duration-seconds",
        "900",
    ]))
    .assert_credentials();
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].sni.as_deref(), Some("localhost"));
    assert_eq!(seen[0].client_fingerprint, world.device_fingerprint());
    let head = seen[0].head.to_ascii_lowercase();
    assert!(
        head.starts_with("get /role-aliases/tele%3dmetry/credentials http/1.1\r\n"),
        "{head}"
    );
    for line in [
        format!("host: {}", server.endpoint()),
        "x-amzn-iot-thingname: lamp-7".to_owned(),
        "x-amzn-iot-credential-duration-seconds: 900".to_owned(),
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{head}");
    }
}

#[test]
fn headers_that_were_not_asked_for_are_not_sent() {
    let (world, server) = serving(vec![hour()]);
    run(&mut world.uncached(&server.endpoint())).assert_credentials();
    assert!(
        !server.seen()[0]
            .head
            .to_ascii_lowercase()
            .contains("x-amzn-")
    );
}

#[test]
fn everything_can_come_from_file_and_environment() {
    let (world, server) = serving(vec![hour()]);
    world.write(
        "agent.toml",
        "ca = 'ca.pem'\ncert = 'device.pem'\nkey = 'device.key'\nrole_alias = 'file'\nno_cache = true\n",
    );
    run(
        std::process::Command::new(env!("CARGO_BIN_EXE_thingpass-agent"))
            .env_clear()
            .arg("credentials")
            .env("THINGPASS_AGENT_CONFIG", world.path("agent.toml"))
            .env("THINGPASS_DEVICE_ENDPOINT", server.endpoint())
            .env("THINGPASS_ROLE_ALIAS", "environment"),
    )
    .assert_credentials();
    assert!(server.seen()[0].head.contains("/environment/"));
}

#[test]
fn a_refusal_is_explained_and_not_repeated() {
    let (world, server) = serving(vec![Reply::refusal(403, "Invalid thing name passed")]);
    run(world
        .uncached(&server.endpoint())
        .args(["--thing-name", "lamp-8"]))
    .assert_failure(
        1,
        &[
            "403 AccessDeniedException: Invalid thing name passed (request 0f-1)",
            "to the thing `lamp-8`",
            "thingpass audit explain 0f-1",
        ],
    );
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn an_overloaded_server_is_asked_again() {
    let (world, server) = serving(vec![
        Reply::refusal(500, "oops"),
        Reply::refusal(429, "Rate exceeded"),
        hour(),
    ]);
    run(&mut world.uncached(&server.endpoint())).assert_credentials();
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_server_that_stays_out_of_order_is_asked_three_times() {
    let (world, server) = serving(vec![Reply::refusal(503, "not now")]);
    run(&mut world.uncached(&server.endpoint()))
        .assert_failure(1, &["503", "not now", "out of order"]);
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_server_that_does_not_answer_is_given_up_in_time() {
    let (world, server) = serving(vec![Reply::Silence]);
    run(world.uncached(&server.endpoint()).args(["--timeout", "1"]))
        .assert_failure(1, &["did not answer within 1 seconds", "--timeout"]);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_closed_port_is_told() {
    let world = World::new();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    run(&mut world.uncached(&format!("127.0.0.1:{port}")))
        .assert_failure(1, &["cannot connect to", "connection refused"]);
}

#[test]
fn a_server_of_another_ca_is_not_trusted() {
    let (world, server) = serving(vec![hour()]);
    world.write("ca.pem", &authority().certificate().to_pem());
    run(&mut world.uncached(&server.endpoint()))
        .assert_failure(1, &["was not issued by a CA in", "ca.pem", "--ca"]);
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_server_of_another_name_is_not_trusted() {
    let (world, server) = serving(vec![hour()]);
    run(&mut world.uncached(&format!("127.0.0.1:{}", server.address.port())))
        .assert_failure(1, &["is not for the name `127.0.0.1`"]);
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_device_certificate_that_is_turned_down_is_told() {
    let (world, server) = serving(vec![hour()]);
    let (certificate, key) = device(&authority());
    world.write("device.pem", &certificate);
    world.write("device.key", &key);
    run(&mut world.uncached(&server.endpoint()))
        .assert_failure(1, &["turned down the device certificate"]);
}

#[test]
fn a_port_that_does_not_speak_tls_is_told() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut tcp, _) = listener.accept().unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let _ = tcp.read_to_end(&mut Vec::new());
    });
    run(&mut world.uncached(&format!("localhost:{port}")))
        .assert_failure(1, &["does not speak TLS"]);
}

#[test]
fn credentials_too_long_for_sdks_are_refused() {
    let Reply::Answer(status, body) = hour() else {
        unreachable!()
    };
    let body = body.replace("very-secret-token", &"very-secret-token".repeat(60));
    let (world, server) = serving(vec![Reply::Answer(status, body)]);
    run(&mut world.cached(&server.endpoint())).assert_failure(1, &["at most 1024"]);
    assert_eq!(std::fs::read_dir(world.path("cache")).unwrap().count(), 1);
}

#[test]
fn an_endless_answer_is_cut_off() {
    let (world, server) = serving(vec![Reply::Answer(200, " ".repeat(70_000))]);
    run(&mut world.uncached(&server.endpoint())).assert_failure(1, &["longer than 65536 bytes"]);
}

#[test]
fn a_wrong_clock_is_warned_of() {
    let world = World::new();
    let server = Server::start(&world, vec![hour()], Duration::minutes(10));
    let run = run(&mut world.uncached(&server.endpoint()));
    assert_eq!(run.code, 0);
    assert!(
        run.stderr.contains("warning: this device's clock is "),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("seconds slow"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_warned_of() {
    let (world, server) = serving(vec![hour()]);
    set_mode(&world.path("device.key"), 0o644);
    let run = run(&mut world.uncached(&server.endpoint()));
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("chmod 600"), "{}", run.stderr);
}
