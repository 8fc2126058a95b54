//! The daemon's own log: to standard error, filtered by `THINGPASS_LOG`.

use tracing_subscriber::EnvFilter;

/// Begins to log: what `filter` lets through unless the environment says otherwise. `json` writes
/// one object a line.
pub(crate) fn begin(filter: &str, json: bool) {
    let filter =
        EnvFilter::try_from_env("THINGPASS_LOG").unwrap_or_else(|_| EnvFilter::new(filter));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // An error means that a log has been begun already, which serves as well.
    let _ = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
}
