//! The daemon: two doors, the control plane, the gateway to the tables.

pub mod api;
pub mod audit_log;
pub mod body;
pub mod boot;
pub mod config;
pub mod data_dir;
pub mod device;
pub mod gateway;
pub mod listen;
pub mod names;
pub mod serve;
pub mod service_ca;
pub mod signed;
pub mod upkeep;
