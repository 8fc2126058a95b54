//! awsQuery: a form goes in, XML comes out.

use serde_json::Value;

mod form;
mod xml;

pub use form::input;
pub(crate) use xml::error;
pub use xml::output;

/// One call as the form states it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryCall {
    /// The operation: letters and digits.
    pub action: String,
    /// The date of the API, for example `2010-05-08`.
    pub version: String,
    /// An object of the parameters; every leaf is text, `X.member.N` became an array. An empty list
    /// travels as an empty text.
    pub input: Value,
}
