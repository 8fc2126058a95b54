//! The audit log as a file: one JSON object a line, in the kernel before the request is answered.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
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

    /// Begins a new file. Until that is open the old one goes on, and nothing old is lost before
    /// something newer has taken its place.
    fn rotate(&self, current: &mut Current) -> std::io::Result<()> {
        let fresh = with_suffix(&self.path, "new");
        let next = open(&fresh)?;
        let newest = old_files(&self.path)?
            .last()
            .map_or(0, |(number, _)| *number);
        let old = with_suffix(&self.path, &newest.saturating_add(1).to_string());
        match fs::rename(&self.path, old) {
            // Somebody took it away: what it held is theirs now.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed?,
        }
        fs::rename(&fresh, &self.path)?;
        *current = next;
        let mut old = old_files(&self.path)?;
        old.reverse();
        let kept = usize::try_from(self.max_old_files).unwrap_or(usize::MAX);
        for (_, file) in old.iter().skip(kept) {
            fs::remove_file(file)?;
        }
        Ok(())
    }
}

impl AuditLog for FileAuditLog {
    fn record(&self, event: &AuditEvent<'_>) -> Result<(), Error> {
        let mut line = Vec::with_capacity(1024);
        serde_json::to_writer(&mut line, event).map_err(Error::internal)?;
        line.push(b'\n');
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.bytes > 0
            && current.bytes.saturating_add(length) > self.max_file_bytes
            && let Err(error) = self.rotate(&mut current)
        {
            tracing::error!(%error, "the audit log cannot begin a new file: the old one grows on");
        }
        if let Err(error) = current.file.write_all(&line) {
            // Half a line would spoil the next event: a failure here leaves it for `find` to skip.
            let _ = current.file.set_len(current.bytes);
            let path = self.path.display();
            return Err(Error::unavailable(format!("audit log `{path}`: {error}")));
        }
        current.bytes = current.bytes.saturating_add(length);
        Ok(())
    }
}

/// All events of a request, the oldest first, from the log and its older files.
///
/// # Errors
/// What the file system says.
pub fn find(path: &Path, request_id: &str) -> std::io::Result<Vec<AuditEvent<'static>>> {
    let mut files: Vec<PathBuf> = old_files(path)?.into_iter().map(|(_, file)| file).collect();
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

/// The older files with their numbers, the oldest first.
fn old_files(path: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let prefix = with_suffix(path, "");
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let file = entry?.path();
        let number = file
            .to_str()
            .zip(prefix.to_str())
            .and_then(|(file, prefix)| file.strip_prefix(prefix)?.parse().ok());
        files.extend(number.map(|number| (number, file)));
    }
    files.sort_unstable();
    Ok(files)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
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
    fn a_new_file_that_cannot_be_begun_costs_no_event_and_no_older_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 100, 8).unwrap();
        log.record(&event("a1")).unwrap();
        log.record(&event("b2")).unwrap();
        let obstacle = directory.path().join("audit.jsonl.new");
        fs::create_dir(&obstacle).unwrap();
        for id in ["c3", "d4"] {
            log.record(&event(id)).unwrap();
        }
        fs::remove_dir(&obstacle).unwrap();
        log.record(&event("e5")).unwrap();
        for id in ["a1", "b2", "c3", "d4", "e5"] {
            assert_eq!(find(&path, id).unwrap().len(), 1, "{id}");
        }
    }

    #[test]
    fn a_file_that_somebody_takes_away_does_not_stop_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 100, 8).unwrap();
        log.record(&event("a1")).unwrap();
        fs::remove_file(&path).unwrap();
        log.record(&event("b2")).unwrap();
        assert_eq!(find(&path, "b2").unwrap().len(), 1);
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
