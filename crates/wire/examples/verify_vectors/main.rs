//! Verifies signed requests: `cargo run --release -p thingpass-wire --example verify_vectors < FILE`.
//!
//! Each line of FILE is a vector of the form of `tests/vectors/sigv4/vectors.jsonl`. Each answer is a
//! line `{"name": …, "result": "accept" | "reject", "error": …}`, in the same order; `error` is null
//! where the request is accepted. A line that is no vector is rejected under its number.

use std::io::{self, Read, Write};

use serde_json::{Value, json};
use vector::Vector;

mod vector;

fn main() -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    let mut output = io::stdout().lock();
    for (index, line) in input.split(|byte| *byte == b'\n').enumerate() {
        if !line.trim_ascii().is_empty() {
            writeln!(output, "{}", answer(index + 1, line))?;
        }
    }
    output.flush()
}

fn answer(number: usize, line: &[u8]) -> Value {
    let (name, outcome) = match serde_json::from_slice::<Vector>(line) {
        Ok(vector) => {
            let outcome = vector.verify().map_err(|error| error.to_string());
            (vector.name, outcome.map(drop))
        }
        Err(error) => (name(number, line), Err(format!("not a vector: {error}"))),
    };
    let result = if outcome.is_ok() { "accept" } else { "reject" };
    json!({"name": name, "result": result, "error": outcome.err()})
}

/// The name of what is no vector.
fn name(number: usize, line: &[u8]) -> String {
    let read: Option<Value> = serde_json::from_slice(line).ok();
    let own = read.as_ref().and_then(|read| read.get("name")?.as_str());
    own.map_or_else(|| format!("line {number}"), str::to_owned)
}
