//! PartiQL: one demand for each statement.

use thingpass_domain::authorize::Demand;
use thingpass_wire::error::Fault;

use super::Reading;
use super::body::{Object, required_objects, required_text};
use super::context::Keyed;
use super::refusal::{invalid, shown};
use super::statement::{self, Verb};
use super::touched::Touched;

/// The most statements of a transaction (API reference, ExecuteTransaction); a batch may have 25.
const MAX_STATEMENTS: usize = 100;

/// The most characters of a statement (API reference, ExecuteStatement).
const MAX_STATEMENT: usize = 8192;

/// ExecuteStatement.
pub(super) fn single(reading: &Reading<'_>, body: &Object) -> Result<Vec<Demand>, Fault> {
    Ok(vec![on_statement(reading, body)?.asking(body)?.done()])
}

/// ExecuteTransaction and BatchExecuteStatement.
pub(super) fn several(
    reading: &Reading<'_>,
    body: &Object,
    member: &str,
    operation: Option<&str>,
) -> Result<Vec<Demand>, Fault> {
    let statements = required_objects(body, member, MAX_STATEMENTS)?;
    let demands = statements.into_iter().map(|statement| {
        Ok(on_statement(reading, statement)?
            .asking(body)?
            .within(operation)
            .done())
    });
    demands.collect()
}

fn on_statement(reading: &Reading<'_>, body: &Object) -> Result<Keyed, Fault> {
    let text = required_text(body, "Statement")?;
    if text.chars().nth(MAX_STATEMENT).is_some() {
        return Err(invalid(format!(
            "1 validation error detected: Value '{}' at 'statement' failed to satisfy constraint: \
             Member must have length less than or equal to {MAX_STATEMENT}",
            shown(text)
        )));
    }
    let statement = statement::read(text).map_err(|reason| {
        invalid(format!(
            "Statement wasn't well formed, can't be processed: {reason}"
        ))
    })?;
    let action = match statement.verb {
        Verb::Select => "dynamodb:PartiQLSelect",
        Verb::Insert => "dynamodb:PartiQLInsert",
        Verb::Update => "dynamodb:PartiQLUpdate",
        Verb::Delete => "dynamodb:PartiQLDelete",
    };
    let keyed = Keyed::new(action, reading.arn(statement.table, statement.index)?)
        .touching(Touched::undetermined(), Touched::undetermined());
    Ok(match statement.verb {
        // With a condition it may be a scan all the same, if the condition is not on the key.
        Verb::Select => keyed.scanning((!statement.has_where).then_some(true)),
        Verb::Insert | Verb::Update | Verb::Delete => keyed,
    })
}
