//! `thingpass demo --once`, as a newcomer runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn demo(arguments: &[&str], temporary: &Path) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_thingpass"))
        .args(["demo", "--once", "--api-listen", "127.0.0.1:0"])
        .args(["--device-listen", "127.0.0.1:0"])
        .args(arguments)
        .env("TMPDIR", temporary)
        .env_remove("THINGPASS_LOG")
        .output()
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_story_goes_as_told_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let output = demo(&[], temporary.path()).unwrap();
    let (story, errors) = told(&output);
    assert_eq!(output.status.code(), Some(0), "{story}\n{errors}");
    assert_eq!(errors, "", "a story that goes as told logs nothing");
    assert!(!story.contains('✗'), "{story}");
    assert!(!story.contains('\u{1b}'), "no colour where nobody sees it");
    let numbers = (1..).map(|number| format!("\n{number:>2}. "));
    let steps = numbers.take_while(|number| story.contains(number)).count();
    assert!(steps >= 25, "{story}");
    assert!(
        story.contains(&format!("\n{steps} steps, each went as told.\n")),
        "{story}"
    );
    let paragraphs = story
        .split("\n\n")
        .filter(|paragraph| paragraph.contains("    $ "));
    for step in paragraphs.clone() {
        assert!(step.contains("    ✓ "), "{step}");
    }
    assert_eq!(paragraphs.count(), steps, "{story}");
    for refusal in story.split("✓ refused").skip(1) {
        assert!(refusal.contains("\n      reason  "), "{refusal}");
    }
    let wide = story.lines().find(|line| line.chars().count() > 100);
    assert_eq!(wide, None, "at most a hundred columns");
    assert_eq!(
        fs::read_dir(temporary.path()).unwrap().count(),
        0,
        "{story}"
    );
    assert!(story.contains("is removed"), "{story}");
}

#[test]
fn no_secret_is_told_and_a_given_directory_stays() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("d");
    let arguments = ["--data-dir", directory.to_str().unwrap()];
    let (story, errors) = told(&demo(&arguments, temporary.path()).unwrap());

    let administrator = fs::read(directory.join("administrator.json")).unwrap();
    let administrator: Value = serde_json::from_slice(&administrator).unwrap();
    let mut secrets = vec![
        administrator["secret_access_key"]
            .as_str()
            .unwrap()
            .to_owned(),
    ];
    let profiles = fs::read_to_string(directory.join("demo/credentials")).unwrap();
    for line in profiles.lines() {
        let Some((name, value)) = line.split_once(" = ") else {
            continue;
        };
        if name != "aws_access_key_id" {
            secrets.push(value.to_owned());
        }
    }
    assert_eq!(
        secrets.len(),
        4,
        "two of long-lived keys, one with its token of the device"
    );
    for secret in secrets {
        assert!(secret.len() >= 40);
        assert!(
            !story.contains(&secret) && !errors.contains(&secret),
            "{story}"
        );
    }

    let again = demo(&arguments, temporary.path()).unwrap();
    let (_, errors) = told(&again);
    assert_eq!(again.status.code(), Some(2), "{errors}");
    assert!(errors.contains("the story has been told in"), "{errors}");
}
