//! The numbers of the configuration, each with its range: a value that can only break things is
//! refused, not tried.

use serde::Deserialize;

use super::ConfigFault;

/// A day in seconds: nobody waits longer on purpose.
const SECONDS_MAX: i64 = 86_400;
/// Holds the largest body and the largest page of every service in their shares (a quarter for the
/// control plane, the rest for the tables).
pub(crate) const MEMORY_BYTES_MIN: i64 = 32 * 1024 * 1024;
const MEMORY_MAX: i64 = u32::MAX as i64;
const MEMORY_DEFAULT: i64 = 256 * 1024 * 1024;

const MAX_CONNECTIONS: Number = Number::new("limits.max_connections", 1, 1_000_000, 10_000);
const HANDSHAKE: Number = seconds("limits.handshake_timeout_seconds", 10);
const HEAD: Number = seconds("limits.head_timeout_seconds", 60);
const BODY: Number = seconds("limits.body_timeout_seconds", 30);
const SHUTDOWN: Number = seconds("limits.shutdown_timeout_seconds", 30);
const BODY_MEMORY: Number = memory("limits.body_memory_bytes");
const ANSWER_MEMORY: Number = memory("limits.answer_memory_bytes");
const AUDIT_FILE: Number = Number::new(
    "audit.max_file_bytes",
    1024 * 1024,
    1 << 40,
    256 * 1024 * 1024,
);
const AUDIT_FILES: Number = Number::new("audit.max_old_files", 0, 100_000, 8);
const ROTATION: Number = Number::new("key_ring.rotate_after_hours", 1, 8_760, 24);

/// A number of the file.
#[derive(Debug, Clone, Copy)]
struct Number {
    member: &'static str,
    least: i64,
    most: i64,
    default: i64,
}

impl Number {
    const fn new(member: &'static str, least: i64, most: i64, default: i64) -> Self {
        Self {
            member,
            least,
            most,
            default,
        }
    }

    /// Reads it into a type that holds its whole range.
    fn read<T: TryFrom<i64>>(self, place: &str, value: Option<i64>) -> Result<T, ConfigFault> {
        let Self {
            member,
            least,
            most,
            default,
        } = self;
        let value = value.unwrap_or(default);
        let within = Some(value).filter(|value| (least..=most).contains(value));
        within
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| {
                ConfigFault(format!(
                    "{place}{member}: `{value}` is out of range: write a whole number from {least} \
                     to {most}, or leave it out for {default}"
                ))
            })
    }
}

const fn seconds(member: &'static str, default: i64) -> Number {
    Number::new(member, 1, SECONDS_MAX, default)
}

const fn memory(member: &'static str) -> Number {
    Number::new(member, MEMORY_BYTES_MIN, MEMORY_MAX, MEMORY_DEFAULT)
}

/// Bounds that keep memory and time finite whatever clients do.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections of a door at a time; more are closed at once.
    pub max_connections: usize,
    /// Seconds for the TLS handshake.
    pub handshake_timeout_seconds: u64,
    /// Seconds for the head of a request, idle time between requests included.
    pub head_timeout_seconds: u64,
    /// Seconds for the body of a request.
    pub body_timeout_seconds: u64,
    /// Bytes of bodies held at a time, over all connections.
    pub body_memory_bytes: u32,
    /// Bytes of large answers that are not taken yet, over all connections.
    pub answer_memory_bytes: u32,
    /// Seconds that requests in flight get when the daemon stops.
    pub shutdown_timeout_seconds: u64,
}

impl Limits {
    /// Whether there are as many connections as nobody asked for.
    pub fn has_default_connections(&self) -> bool {
        usize::try_from(MAX_CONNECTIONS.default) == Ok(self.max_connections)
    }
}

/// The audit log's files.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Bytes after which a new file is begun.
    pub max_file_bytes: u64,
    /// Older files kept beside the current one.
    pub max_old_files: u32,
}

/// The key ring's rotation.
#[derive(Debug, Clone)]
pub struct KeyRing {
    /// Hours after which a new key seals session tokens.
    pub rotate_after_hours: u32,
}

/// `[limits]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LimitsWritten {
    max_connections: Option<i64>,
    handshake_timeout_seconds: Option<i64>,
    head_timeout_seconds: Option<i64>,
    body_timeout_seconds: Option<i64>,
    body_memory_bytes: Option<i64>,
    answer_memory_bytes: Option<i64>,
    shutdown_timeout_seconds: Option<i64>,
}

impl LimitsWritten {
    pub(super) fn read(&self, place: &str) -> Result<Limits, ConfigFault> {
        Ok(Limits {
            max_connections: MAX_CONNECTIONS.read(place, self.max_connections)?,
            handshake_timeout_seconds: HANDSHAKE.read(place, self.handshake_timeout_seconds)?,
            head_timeout_seconds: HEAD.read(place, self.head_timeout_seconds)?,
            body_timeout_seconds: BODY.read(place, self.body_timeout_seconds)?,
            body_memory_bytes: BODY_MEMORY.read(place, self.body_memory_bytes)?,
            answer_memory_bytes: ANSWER_MEMORY.read(place, self.answer_memory_bytes)?,
            shutdown_timeout_seconds: SHUTDOWN.read(place, self.shutdown_timeout_seconds)?,
        })
    }
}

/// `[audit]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuditWritten {
    max_file_bytes: Option<i64>,
    max_old_files: Option<i64>,
}

impl AuditWritten {
    pub(super) fn read(&self, place: &str) -> Result<Audit, ConfigFault> {
        Ok(Audit {
            max_file_bytes: AUDIT_FILE.read(place, self.max_file_bytes)?,
            max_old_files: AUDIT_FILES.read(place, self.max_old_files)?,
        })
    }
}

/// `[key_ring]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct KeyRingWritten {
    rotate_after_hours: Option<i64>,
}

impl KeyRingWritten {
    pub(super) fn read(&self, place: &str) -> Result<KeyRing, ConfigFault> {
        Ok(KeyRing {
            rotate_after_hours: ROTATION.read(place, self.rotate_after_hours)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [Number; 10] = [
        MAX_CONNECTIONS,
        HANDSHAKE,
        HEAD,
        BODY,
        SHUTDOWN,
        BODY_MEMORY,
        ANSWER_MEMORY,
        AUDIT_FILE,
        AUDIT_FILES,
        ROTATION,
    ];

    #[test]
    fn a_number_is_read_within_its_range_only() {
        for number in NUMBERS {
            for good in [number.least, number.most, number.default] {
                assert_eq!(number.read::<u64>("", Some(good)), Ok(good.unsigned_abs()));
            }
            for bad in [number.least - 1, number.most + 1, i64::MIN, i64::MAX] {
                let fault = number.read::<u64>("c.toml: ", Some(bad)).unwrap_err();
                let begin = format!("c.toml: {}: `{bad}` is out of range", number.member);
                assert!(fault.to_string().starts_with(&begin), "{fault}");
            }
        }
    }

    #[test]
    fn the_reference_tells_every_range_and_default() {
        let reference = include_str!("../../../../docs/reference/configuration.md");
        for number in NUMBERS {
            let Number {
                member,
                least,
                most,
                default,
            } = number;
            let row = format!("| `{member}` | `{default}` | {least} – {most} |");
            assert!(reference.contains(&row), "{row}");
        }
    }
}
