//! What a request demands: a classifier per service.

pub mod dynamodb;
