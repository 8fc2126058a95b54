//! The audit log as a file: one JSON object a line, in the kernel before the request is answered.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use thingpass_domain::audit::{AuditEvent, AuditLog};
use thingpass_domain::error::Error;

/// Appends audit events to a file and begins a new one when it is full.
#[derive(Debug)]
pub struct FileAuditLog {
    path: PathBuf,
    max_file_bytes: u64,
    max_old_files: u32,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    file: File,
    bytes: u64,
}

impl FileAuditLog {
    /// Opens the log for appending, 0600.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path, max_file_bytes: u64, max_old_files: u32) -> std::io::Result<Self> {
        let current = Mutex::new(open(path)?);
        Ok(Self {
            path: path.to_owned(),
            max_file_bytes,
            max_old_files,
            current,
        })
    }

    fn rotate(&self, current: &mut Current) -> std::io::Result<()> {
        for number in (1..self.max_old_files).rev() {
            let from = old_file(&self.path, number);
            if from.exists() {
                fs::rename(from, old_file(&self.path, number + 1))?;
            }
        }
        if self.max_old_files > 0 {
            fs::rename(&self.path, old_file(&self.path, 1))?;
        } else {
            fs::remove_file(&self.path)?;
        }
        *current = open(&self.path)?;
        Ok(())
    }
}

impl AuditLog for FileAuditLog {
    fn record(&self, event: &AuditEvent<'_>) -> Result<(), Error> {
        let mut line = Vec::with_capacity(1024);
        serde_json::to_writer(&mut line, event).map_err(Error::internal)?;
        line.push(b'\n');
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let failed = |error: std::io::Error| {
            Error::unavailable(format!("audit log `{}`: {error}", self.path.display()))
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.bytes > 0 && current.bytes.saturating_add(length) > self.max_file_bytes {
            self.rotate(&mut current).map_err(failed)?;
        }
        current.file.write_all(&line).map_err(failed)?;
        current.bytes = current.bytes.saturating_add(length);
        Ok(())
    }
}

/// All events of a request, the oldest first, from the log and its older files.
///
/// # Errors
/// What the file system says.
pub fn find(path: &Path, request_id: &str) -> std::io::Result<Vec<AuditEvent<'static>>> {
    let mut files: Vec<PathBuf> = (1..u32::MAX)
        .map(|number| old_file(path, number))
        .take_while(|file| file.exists())
        .collect();
    files.reverse();
    files.push(path.to_owned());
    let mut events = Vec::new();
    for file in files {
        for line in BufReader::new(File::open(file)?).lines() {
            let line = line?;
            if !line.contains(request_id) {
                continue;
            }
            if let Ok(event) = serde_json::from_str::<AuditEvent<'static>>(&line)
                && event.request_id.eq_ignore_ascii_case(request_id)
            {
                events.push(event);
            }
        }
    }
    Ok(events)
}

fn open(path: &Path) -> std::io::Result<Current> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    let bytes = file.metadata()?.len();
    Ok(Current { file, bytes })
}

fn old_file(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use thingpass_domain::audit::{Check, Decision, Door, Reason};

    fn event(request_id: &str) -> AuditEvent<'static> {
        AuditEvent {
            time: "2026-01-01T00:00:00Z".into(),
            request_id: request_id.to_owned().into(),
            door: Door::Device,
            decision: Decision::Deny,
            account: "123456789012".into(),
            action: "iot:AssumeRoleWithCertificate".into(),
            resource: "arn".into(),
            principal: None,
            certificate_id: None,
            thing: None,
            role_alias: None,
            role: None,
            access_key_id: None,
            source_address: "127.0.0.1".into(),
            status: Some(403),
            error_code: None,
            reason: Reason::new(Check::Thing, "a \"quoted\"\nreason"),
        }
    }

    #[test]
    fn an_event_is_one_line_and_is_found_by_its_request_id() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 1 << 20, 2).unwrap();
        log.record(&event("one")).unwrap();
        log.record(&event("two")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        assert_eq!(find(&path, "two").unwrap(), [event("two")]);
        assert!(find(&path, "three").unwrap().is_empty());
    }

    #[test]
    fn a_full_file_makes_way_and_is_still_searched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 100, 2).unwrap();
        for id in ["a1", "b2", "c3", "d4"] {
            log.record(&event(id)).unwrap();
        }
        assert_eq!(find(&path, "b2").unwrap().len(), 1);
        assert!(
            find(&path, "a1").unwrap().is_empty(),
            "the oldest of four files is dropped"
        );
    }

    #[test]
    fn a_log_that_cannot_be_written_is_an_error() {
        let full = Path::new("/dev/full");
        let log = FileAuditLog::open(full, u64::MAX, 0).unwrap();
        assert!(matches!(
            log.record(&event("x")),
            Err(Error::Unavailable { .. })
        ));
    }
}
