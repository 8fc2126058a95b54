//! The credential scope: the day, region and service that a signing key is for.

use std::fmt;

use super::{AuthError, Claim};

/// The last element of every scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// The day, region and service that a signing key is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// `YYYYMMDD`.
    pub date: String,
    /// For example `eu-west-1`.
    pub region: String,
    /// The signing name, for example `iot`.
    pub service: String,
}

impl Scope {
    /// The scope of a signature made at `stamp`, an `X-Amz-Date`.
    pub(super) fn at(stamp: &str, region: &str, service: &str) -> Self {
        Self {
            date: day_of(stamp).to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}/{TERMINATOR}",
            self.date, self.region, self.service
        )
    }
}

impl Claim {
    /// Checks that the key was scoped to `service`, to `region` (`None`: any, as IAM and STS must
    /// take), to the day of signing and with the right last element. All faults are named at once,
    /// as AWS does.
    pub fn check_scope(&self, service: &str, region: Option<&str>) -> Result<(), AuthError> {
        let scope = &self.scope;
        let mut faults = Vec::new();
        if region.map_or(scope.region.is_empty(), |expected| scope.region != expected) {
            let got = &scope.region;
            faults.push(format!(
                "Credential should be scoped to a valid region, not '{got}'. "
            ));
        }
        if scope.service != service {
            faults.push(format!(
                "Credential should be scoped to correct service: '{service}'. "
            ));
        }
        if self.terminator != TERMINATOR {
            faults.push(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'. ",
                self.terminator
            ));
        }
        if scope.date != day_of(&self.stamp) {
            faults.push(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{}' != '{}', from '{}'.",
                scope.date,
                day_of(&self.stamp),
                self.stamp
            ));
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(AuthError::InvalidSignature(
            faults.concat().trim_end().to_owned(),
        ))
    }

    /// What no scope may lack, whatever the service: so that a signature cannot pass where
    /// [`Claim::check_scope`] was forgotten.
    pub(super) fn scope_is_sound(&self) -> bool {
        self.terminator == TERMINATOR && self.scope.date == day_of(&self.stamp)
    }
}

/// The `YYYYMMDD` of an `X-Amz-Date`.
fn day_of(stamp: &str) -> &str {
    stamp.split_once('T').map_or(stamp, |(day, _)| day)
}

/// Reads `keyid/date/region/service/term`: the key id, the scope, and the last element unchecked.
pub(super) fn read_credential(text: &str) -> Result<(String, Scope, String), AuthError> {
    let mut elements = text.split('/').map(str::to_owned);
    let mut next = || elements.next();
    if let (Some(key_id), Some(date), Some(region), Some(service), Some(terminator), None) =
        (next(), next(), next(), next(), next(), next())
    {
        return Ok((
            key_id,
            Scope {
                date,
                region,
                service,
            },
            terminator,
        ));
    }
    Err(AuthError::IncompleteSignature(format!(
        "Credential must have exactly 5 slash-delimited elements, e.g. \
         keyid/date/region/service/term, got '{text}'"
    )))
}
