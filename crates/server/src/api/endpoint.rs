//! The names under which the doors are reached.

/// What DescribeEndpoint tells.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// Host, with the port where it is not 443, of the credentials endpoint.
    pub credential_provider: String,
}
