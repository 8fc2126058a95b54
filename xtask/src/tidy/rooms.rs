//! Which room of the server may import which: they meet in `domain`, and `signed` stands above
//! `api` and `gateway`. Files of tests alone may fetch what they test with from any room.

use super::Finding;
use super::modules::imported_tops;
use super::source::Source;

const SERVER: &str = "crates/server/src/";
/// The rooms, and what each may import of the other rooms.
const ROOMS: [(&str, &[&str]); 6] = [
    ("listen", &[]),
    ("device", &["listen"]),
    ("api", &[]),
    ("gateway", &[]),
    ("console", &[]),
    ("signed", &["listen", "api", "gateway"]),
];
/// What stands over the rooms and puts them together.
const ROOF: [&str; 4] = ["lib", "boot", "serve", "upkeep"];

/// Holds every file of the server against the table above.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let Some(within) = source.path.strip_prefix(SERVER) else {
            continue;
        };
        let own = within.split(['/', '.']).next().unwrap_or_default();
        if !source.has_extension("rs") || source.is_test() || ROOF.contains(&own) {
            continue;
        }
        let allowed = ROOMS
            .iter()
            .find(|(room, _)| *room == own)
            .map_or(&[][..], |(_, may)| *may);
        for (line, imported) in imported_tops(source) {
            let is_room = ROOMS.iter().any(|(room, _)| *room == imported);
            if is_room && imported != own && !allowed.contains(&imported.as_str()) {
                let text = format!("`{own}` imports `{imported}`: rooms meet in `domain` only");
                findings.push(Finding::new(&source.path, line, text));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&[source(&format!("{SERVER}{path}"), text)]).len()
    }

    #[test]
    fn rooms_do_not_import_each_other() {
        assert_eq!(findings("device/a.rs", "use crate::api::x;"), 1);
        assert_eq!(findings("gateway.rs", "use crate::signed::x;"), 1);
        assert_eq!(findings("api/iot/x.rs", "use crate::api::y;"), 0);
        assert_eq!(findings("listen/tls.rs", "use crate::device::y;"), 1);
        assert_eq!(findings("body.rs", "use crate::gateway::y;"), 1);
        assert_eq!(findings("device/a/tests.rs", "use crate::api::x;"), 0);
    }

    #[test]
    fn only_signed_stands_above_api_and_gateway() {
        assert_eq!(findings("signed/chain.rs", "use crate::{api, gateway};"), 0);
        assert_eq!(findings("signed/chain.rs", "use crate::device::x;"), 1);
        assert_eq!(findings("serve.rs", "use crate::{device, signed};"), 0);
    }
}
