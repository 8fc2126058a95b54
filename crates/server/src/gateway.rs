//! Authorisation in front of the tables.
//!
//! [`classify::dynamodb::classify`] reads a request once, strictly, and names what it demands. What
//! it read is what [`backend::embedded::Tables`] executes: a [`request::Request`] comes from nowhere
//! else, so engine and policy never see two different requests.

pub mod backend;
pub mod classify;
pub mod operation;
pub mod request;
mod room;
pub mod table_keys;

pub use backend::embedded::{OpenFailure, TableFault, Tables};
pub use classify::dynamodb::{Classified, classify};
pub use operation::Operation;
pub use request::Request;
