//! The control plane: `iot`, `iam`, `sts`. One operation, one file; the CLI verb is its path.

pub mod dispatch;
pub mod endpoint;
pub mod form;
pub mod iam;
pub mod iot;
pub mod members;
pub mod operation;
pub mod resolve;
pub mod sts;
#[cfg(test)]
pub(crate) mod testing;
