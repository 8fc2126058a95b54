//! The context keys that every request has, whoever asks for whatever.

use std::net::IpAddr;

use thingpass_policy::Context;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Source address, time and transport. Both doors are TLS only.
pub(crate) fn of(source_ip: IpAddr, now: OffsetDateTime) -> Context {
    let mut context = Context::new();
    context.insert("aws:sourceip", source_ip.to_canonical().to_string());
    context.insert("aws:securetransport", "true");
    context.insert("aws:epochtime", now.unix_timestamp().to_string());
    if let Ok(text) = crate::vend::whole_seconds(now).format(&Rfc3339) {
        context.insert("aws:currenttime", text);
    }
    context
}
