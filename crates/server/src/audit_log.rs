//! The audit log as a file: one JSON object a line, in the kernel before the request is answered.
//!
//! A system call for each line would be a tenth of all that a request costs. So a line waits until
//! the requests that are ready to run have had their turn; then one call writes the lines of all.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_trait::async_trait;
use thingpass_domain::audit::{AuditEvent, AuditLog, Record};
use thingpass_domain::error::Error;

/// Bytes that the room for waiting lines keeps once they are written.
const LINES_BYTES_KEPT: usize = 256 * 1024;

/// Appends audit events to a file and begins a new one when it is full.
#[derive(Debug)]
pub struct FileAuditLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    max_file_bytes: u64,
    max_old_files: u32,
    waiting: Mutex<Lines>,
    // Who holds both has locked this one first.
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    file: File,
    bytes: u64,
    // Changes places with the lines that wait, so that neither is allocated anew.
    written: Lines,
}

/// Lines that share their fate.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    fate: Arc<Fate>,
}

/// What became of lines; nothing yet while they wait.
type Fate = OnceLock<Result<(), String>>;

/// A line that waits. It is written at the latest when this is dropped.
struct Waiting {
    log: Arc<Shared>,
    fate: Arc<Fate>,
}

impl FileAuditLog {
    /// Opens the log for appending, 0600.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path, max_file_bytes: u64, max_old_files: u32) -> std::io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            path: path.to_owned(),
            max_file_bytes,
            max_old_files,
            waiting: Mutex::default(),
            current: Mutex::new(open(path)?),
        })))
    }

    fn wait(&self, event: &AuditEvent<'_>) -> Result<Waiting, Error> {
        let mut waiting = lock(&self.0.waiting);
        let before = waiting.bytes.len();
        if let Err(error) = serde_json::to_writer(&mut waiting.bytes, event) {
            waiting.bytes.truncate(before);
            return Err(Error::internal(error));
        }
        waiting.bytes.push(b'\n');
        Ok(Waiting {
            log: Arc::clone(&self.0),
            fate: Arc::clone(&waiting.fate),
        })
    }
}

impl Shared {
    /// Writes all lines that wait.
    fn write(&self, current: &mut Current) {
        std::mem::swap(&mut *lock(&self.waiting), &mut current.written);
        let length = u64::try_from(current.written.bytes.len()).unwrap_or(u64::MAX);
        if current.bytes > 0
            && current.bytes.saturating_add(length) > self.max_file_bytes
            && let Err(error) = self.rotate(current)
        {
            tracing::error!(%error, "the audit log cannot begin a new file: the old one grows on");
        }
        let written = current.file.write_all(&current.written.bytes);
        match &written {
            Ok(()) => current.bytes = current.bytes.saturating_add(length),
            // Half a line would spoil the next event: a failure here leaves it for `find` to skip.
            Err(_) => drop(current.file.set_len(current.bytes)),
        }
        let written = written.map_err(|error| {
            let path = self.path.display();
            format!("audit log `{path}`: {error}")
        });
        let Lines { bytes, fate } = &mut current.written;
        // It is nobody's yet: only who writes lines tells what became of them.
        let _ = std::mem::take(fate).set(written);
        bytes.clear();
        bytes.shrink_to(LINES_BYTES_KEPT);
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
        (current.file, current.bytes) = (next.file, next.bytes);
        let mut old = old_files(&self.path)?;
        old.reverse();
        let kept = usize::try_from(self.max_old_files).unwrap_or(usize::MAX);
        for (_, file) in old.iter().skip(kept) {
            fs::remove_file(file)?;
        }
        Ok(())
    }
}

#[async_trait]
impl AuditLog for FileAuditLog {
    fn take(&self, event: &AuditEvent<'_>) -> Result<Box<dyn Record>, Error> {
        Ok(Box::new(self.wait(event)?))
    }

    async fn record(&self, event: &AuditEvent<'_>) -> Result<(), Error> {
        let waiting = self.wait(event)?;
        tokio::task::yield_now().await;
        waiting.settle()
    }
}

impl Record for Waiting {
    fn settle(&self) -> Result<(), Error> {
        if self.fate.get().is_none() {
            let mut current = lock(&self.log.current);
            // INVARIANT: fates are told under this lock, so a line without one still waits.
            if self.fate.get().is_none() {
                self.log.write(&mut current);
            }
        }
        match self.fate.get() {
            Some(Ok(())) => Ok(()),
            Some(Err(text)) => Err(Error::unavailable(text.clone())),
            None => Err(Error::internal("an audit event was lost")),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Nobody waits for the answer any more.
        let _ = self.settle();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    let written = Lines::default();
    Ok(Current {
        file,
        bytes,
        written,
    })
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

    #[tokio::test]
    async fn an_event_is_one_line_and_is_found_by_its_request_id() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 1 << 20, 2).unwrap();
        log.record(&event("one")).await.unwrap();
        log.record(&event("two")).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        assert_eq!(find(&path, "two").unwrap(), [event("two")]);
        assert!(find(&path, "three").unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_full_file_makes_way_and_is_still_searched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 100, 2).unwrap();
        for id in ["a1", "b2", "c3", "d4"] {
            log.record(&event(id)).await.unwrap();
        }
        assert_eq!(find(&path, "b2").unwrap().len(), 1);
        assert!(
            find(&path, "a1").unwrap().is_empty(),
            "the oldest of four files is dropped"
        );
    }

    #[tokio::test]
    async fn a_new_file_that_cannot_be_begun_costs_no_event_and_no_older_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 100, 8).unwrap();
        log.record(&event("a1")).await.unwrap();
        log.record(&event("b2")).await.unwrap();
        let obstacle = directory.path().join("audit.jsonl.new");
        fs::create_dir(&obstacle).unwrap();
        for id in ["c3", "d4"] {
            log.record(&event(id)).await.unwrap();
        }
        fs::remove_dir(&obstacle).unwrap();
        log.record(&event("e5")).await.unwrap();
        for id in ["a1", "b2", "c3", "d4", "e5"] {
            assert_eq!(find(&path, id).unwrap().len(), 1, "{id}");
        }
    }

    #[tokio::test]
    async fn a_file_that_somebody_takes_away_does_not_stop_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 100, 8).unwrap();
        log.record(&event("a1")).await.unwrap();
        fs::remove_file(&path).unwrap();
        log.record(&event("b2")).await.unwrap();
        assert_eq!(find(&path, "b2").unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_written_is_an_error() {
        let full = Path::new("/dev/full");
        let log = FileAuditLog::open(full, u64::MAX, 0).unwrap();
        assert!(matches!(
            log.record(&event("x")).await,
            Err(Error::Unavailable { .. })
        ));
    }

    #[tokio::test]
    async fn events_that_wait_together_are_written_by_one_call_each_on_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 1 << 20, 2).unwrap();
        let (one, two) = (
            log.wait(&event("one")).unwrap(),
            log.wait(&event("two")).unwrap(),
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        one.settle().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        let three = log.wait(&event("three")).unwrap();
        two.settle().unwrap();
        assert!(
            find(&path, "three").unwrap().is_empty(),
            "three still waits"
        );
        three.settle().unwrap();
        for id in ["one", "two", "three"] {
            assert_eq!(find(&path, id).unwrap(), [event(id)]);
        }
    }

    #[tokio::test]
    async fn an_event_is_written_also_where_the_client_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = FileAuditLog::open(&path, 1 << 20, 2).unwrap();
        let gone = event("gone");
        let mut recording = Box::pin(log.record(&gone));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(recording.as_mut().poll(&mut context).is_pending());
        drop(recording);
        assert_eq!(find(&path, "gone").unwrap(), [event("gone")]);
    }

    #[tokio::test]
    async fn events_that_share_a_write_that_fails_fail_together_and_the_next_is_tried_anew() {
        let log = FileAuditLog::open(Path::new("/dev/full"), u64::MAX, 0).unwrap();
        let (one, two) = (
            log.wait(&event("one")).unwrap(),
            log.wait(&event("two")).unwrap(),
        );
        for waiting in [&one, &two] {
            assert!(matches!(waiting.settle(), Err(Error::Unavailable { .. })));
        }
        assert!(log.record(&event("three")).await.is_err());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn events_of_many_threads_are_all_there_and_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let log = Arc::new(FileAuditLog::open(&path, 64 * 1024, 100).unwrap());
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..1_000 {
            let log = Arc::clone(&log);
            tasks.spawn(async move { log.record(&event(&format!("request-{number}-"))).await });
        }
        while let Some(recorded) = tasks.join_next().await {
            recorded.unwrap().unwrap();
        }
        for number in (0..1_000).step_by(37) {
            assert_eq!(find(&path, &format!("request-{number}-")).unwrap().len(), 1);
        }
        let mut files = old_files(&path).unwrap();
        assert!(!files.is_empty(), "the log was rotated on the way");
        files.push((0, path.clone()));
        let texts = files
            .iter()
            .map(|(_, file)| fs::read_to_string(file).unwrap());
        assert_eq!(texts.map(|text| text.lines().count()).sum::<usize>(), 1_000);
    }
}
