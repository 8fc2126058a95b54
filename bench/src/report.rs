//! The report, as it stands in the documentation.

use std::fmt::Write;

use crate::goal::{Goal, Idle, Unit};
use crate::round::{Case, Series, Spread};

const METHOD: &str = "\
The key figure is **server CPU per request**: user and system time of all threads of the server's process as \
the kernel counts them, over the requests answered in the same span. Wall-clock figures are told, not judged.

- Every server is a process of its own, pinned to core 0; the load runs on core 1. The daemon is the release \
binary as it ships, with its audit log on; the reference servers do no logging, time limits or connection limits.
- In each round every case runs once, one after the other, after half a second of warm-up. A goal is judged by the \
median of the per-round ratios: what disturbs the machine for longer than a round disturbs both sides.
- Load: closed loop, 16 connections (PutItem: 8). TLS 1.3, X25519, P-256 certificates; the device certificate is \
signed by a CA. The load shows no resumption: each fresh run is checked to be a full handshake that asked for the \
client's certificate. An unexpected answer ends the run. The client never sleeps: waking it would be charged to the \
servers that keep it waiting, and to no other.
- (b) is rustls with its own order of cipher suites (AES-256 first) and `WebPkiClientVerifier`, hyper, one thread, no \
tickets. (d) is (b) with the certificate accepted by its fingerprint and AES-128 first. (c) is nginx with one worker, \
`ssl_verify_client on`, tickets and session cache off, access log off. All answer a body of the size of a vend's.
- The daemon is set up by signed requests: CA, thing with type and attribute, certificate registered under the CA, \
device policy with variables and conditions, role with trust and access policy, role alias, table.
- PutItem is signed by credentials that the daemon vended; each writes a new record. The bare engine does the same puts \
on one thread, on a database file with the same durability, without JSON.
- Idle connections: 1,000 mutual-TLS connections after one request each; growth of the resident memory over their number.
- Ratios of one case vary by some percent from run to run: differences below 10 % mean nothing.
";

const COMMAND: &str = "\
```
make bench
```

That is:

```
cargo build --release --workspace
cargo run --release -p thingpass-bench
```

It needs Linux, two cores, `nginx` and util-linux (`taskset`, `prlimit`), takes about two minutes, writes this page and \
exits with 1 where a goal is missed. `--rounds`, `--seconds` and `--no-fail` do what they say; `--case vend-fresh` runs one \
case alone, for a profiler.
";

/// What was measured under.
pub(crate) struct Conditions {
    /// The machine.
    pub(crate) machine: String,
    /// Versions.
    pub(crate) versions: Vec<String>,
    /// Names of the daemon's threads.
    pub(crate) threads: Vec<String>,
    /// Rounds.
    pub(crate) rounds: u32,
    /// Seconds of a case.
    pub(crate) seconds: f64,
    /// Size of the answers.
    pub(crate) body_bytes: usize,
}

/// The page.
pub(crate) fn report(
    conditions: &Conditions,
    series: &Series,
    idle: Idle,
    goals: &[Goal],
) -> String {
    let Conditions {
        machine,
        versions,
        threads,
        rounds,
        seconds,
        body_bytes,
    } = conditions;
    let mut page =
        String::from("# Benchmarks\n\nThis page is written by `make bench`.\n\n## Goals\n\n");
    page.push_str(&goal_table(goals));
    page.push_str("\n## Figures\n\n");
    page.push_str(&case_table(series));
    let [ours, floor] = [idle.thingpass, idle.webpki].map(|bytes| bytes / 1024.0);
    let _ = write!(
        page,
        "\nIdle mutual-TLS connection: Thingpass {ours:.1} KB, (b) {floor:.1} KB (of 1,024 bytes).\n\n\
         {rounds} rounds, {seconds} s a case, answers of {body_bytes} bytes. Threads of the daemon: {}.\n\n\
         - Machine: {machine}\n- Versions: {}\n",
        threads_told(threads),
        versions.join("; "),
    );
    let _ = write!(page, "\n## Running it\n\n{COMMAND}\n## Method\n\n{METHOD}");
    page
}

fn goal_table(goals: &[Goal]) -> String {
    let mut table =
        String::from("| what | goal | median | least to greatest | |\n|---|--:|--:|--:|---|\n");
    for goal in goals {
        let Goal {
            title,
            figure:
                Spread {
                    median,
                    least,
                    greatest,
                },
            limit,
            unit,
        } = goal;
        let told = |number: &f64| match unit {
            Unit::Ratio => format!("{number:.2}"),
            Unit::Bytes => format!("{:.1} KB", number / 1024.0),
        };
        let verdict = if goal.is_met() { "met" } else { "**missed**" };
        let range = match unit {
            Unit::Ratio => format!("{} to {}", told(least), told(greatest)),
            Unit::Bytes => String::new(),
        };
        let (limit, median) = (told(limit), told(median));
        let _ = writeln!(
            table,
            "| {title} | ≤ {limit} | {median} | {range} | {verdict} |"
        );
    }
    table
}

fn case_table(series: &Series) -> String {
    let mut table = String::from(
        "| case | server CPU a request, µs | least to greatest | requests a second |\n|---|--:|--:|--:|\n",
    );
    for case in Case::ALL {
        let Spread {
            median,
            least,
            greatest,
        } = Spread::of(&series.cpu(case));
        let per_second = Spread::of(&series.per_second(case)).median;
        let title = case.title();
        let _ = writeln!(
            table,
            "| {title} | {median:.1} | {least:.1} to {greatest:.1} | {per_second:.0} |"
        );
    }
    table
}

/// `main, tokio-rt-worker × 2`.
fn threads_told(names: &[String]) -> String {
    let groups = names.chunk_by(|one, other| one == other);
    let told = groups.filter_map(|group| {
        let name = group.first()?;
        Some(if group.len() > 1 {
            format!("{name} × {}", group.len())
        } else {
            name.clone()
        })
    });
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_one_name_are_counted() {
        let names = ["a", "b", "b"].map(str::to_owned);
        assert_eq!(threads_told(&names), "a, b × 2");
    }

    #[test]
    fn a_missed_goal_is_seen() {
        let figure = Spread {
            median: 1.3,
            least: 1.1,
            greatest: 1.4,
        };
        let goal = Goal {
            title: "x",
            figure,
            limit: 1.2,
            unit: Unit::Ratio,
        };
        assert!(goal_table(&[goal]).contains("| x | ≤ 1.20 | 1.30 | 1.10 to 1.40 | **missed** |"));
    }
}
