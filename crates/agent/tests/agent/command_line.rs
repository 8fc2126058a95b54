//! Options, help and exit codes.

use super::support::{World, authority, device, run};
use std::process::Command;

fn agent() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thingpass-agent"));
    command.env_clear();
    command
}

#[test]
fn without_configuration_everything_missing_is_named() {
    run(agent().arg("credentials")).assert_failure(
        2,
        &[
            "--endpoint",
            "THINGPASS_DEVICE_ENDPOINT",
            "--ca",
            "--role-alias",
        ],
    );
}

#[test]
fn without_a_ca_the_reason_is_given() {
    run(agent().arg("credentials").args([
        "--endpoint=localhost",
        "--cert=c",
        "--key=k",
        "--role-alias=a",
    ]))
    .assert_failure(2, &["--ca", "trusted only through the CA file"]);
}

#[test]
fn a_wrong_line_in_the_file_is_named() {
    let world = World::new();
    world.write("agent.toml", "ca = 'ca.pem'\nrole-alias = 'x'\n");
    run(agent()
        .arg("credentials")
        .arg("--config")
        .arg(world.path("agent.toml")))
    .assert_failure(2, &["agent.toml:2: ", "role-alias"]);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let world = World::new();
    let failure = |name: &str, text: Option<&str>, expected: &[&str]| {
        let path = world.path(name);
        let before = std::fs::read_to_string(&path).unwrap();
        match text {
            Some(text) => world.write(name, text),
            None => std::fs::remove_file(&path).unwrap(),
        }
        run(&mut world.uncached("localhost:1")).assert_failure(2, expected);
        world.write(name, &before);
    };
    failure(
        "device.pem",
        None,
        &["device.pem", "does not exist", "--cert"],
    );
    failure(
        "device.pem",
        Some("x"),
        &["device.pem", "holds no certificate"],
    );
    failure("ca.pem", None, &["ca.pem", "does not exist", "--ca"]);
    failure("ca.pem", Some(""), &["ca.pem", "holds no certificate"]);
    failure(
        "device.key",
        None,
        &["device.key", "does not exist", "--key"],
    );
    failure(
        "device.key",
        Some("x"),
        &["device.key", "exactly one private key"],
    );
    let (_, other_key) = device(&authority());
    failure(
        "device.key",
        Some(&other_key),
        &["device.key", "does not belong to the certificate"],
    );
}

#[test]
fn a_wrong_option_is_a_configuration_failure() {
    let run = run(agent().args(["credentials", "--endpoint", "https://localhost"]));
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("without `https://`"), "{}", run.stderr);
}

#[test]
fn help_version_and_completions_are_printed() {
    for (arguments, expected) in [
        (
            &["--help"][..],
            "credential_process = thingpass-agent credentials --config",
        ),
        (&["credentials", "--help"], "THINGPASS_ROLE_ALIAS"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["completions", "bash"], "_thingpass__agent"),
    ] {
        let run = run(agent().args(arguments));
        assert_eq!(run.code, 0);
        assert!(run.stdout.contains(expected), "{}", run.stdout);
    }
}
