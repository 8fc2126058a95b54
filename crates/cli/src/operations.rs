//! `thingpass operations`: the tables of operations, for the check against AWS's models.

use serde_json::{Value, json};
use thingpass_server::api::dispatch::{QueryRow, RestRow};
use thingpass_server::api::{iam, iot, sts};
use thingpass_wire::rest_json::Location;

use crate::{Failure, say};

pub(crate) fn run() -> Result<(), Failure> {
    let rest: Vec<Value> = iot::OPERATIONS.iter().map(rest).collect();
    let query = |rows: &[QueryRow]| rows.iter().map(self::query).collect::<Vec<Value>>();
    let tables = json!({
        "iot": rest,
        "iam": query(&iam::OPERATIONS),
        "sts": query(&sts::OPERATIONS),
    });
    say(&tables.to_string())
}

fn rest(row: &RestRow) -> Value {
    let bindings = row.bindings.iter().map(|binding| {
        let location = match binding.location {
            Location::Label => "uri",
            Location::Query => "querystring",
            Location::Header => "header",
        };
        json!({"member": binding.member, "location": location, "name": binding.name})
    });
    json!({
        "name": row.name,
        "action": row.action,
        "method": row.method.as_str(),
        "path": row.path.as_str(),
        "bindings": bindings.collect::<Vec<_>>(),
        "members": row.members,
    })
}

fn query(row: &QueryRow) -> Value {
    json!({"name": row.name, "action": row.action, "members": row.members})
}
