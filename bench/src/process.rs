//! Server processes: pinned to the servers' core, their CPU time and memory as the kernel counts them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Where the servers run.
pub(crate) const SERVER_CORE: &str = "0";
/// Where the load runs.
pub(crate) const CLIENT_CORE: &str = "1";
/// Clock ticks a second in `/proc/PID/stat`: the same on every Linux.
const TICKS: u64 = 100;

/// A command pinned to a core, with room for a thousand connections.
pub(crate) fn pinned(core: &str, program: &OsStr) -> Command {
    let mut command = Command::new("taskset");
    command
        .args(["-c", core, "prlimit", "--nofile=8192:"])
        .arg(program);
    command
}

/// A running server; it is stopped when dropped.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    output: Option<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a program on the servers' core. What it says on standard error goes to `log`.
    pub(crate) fn start<A: AsRef<OsStr>>(
        name: &'static str,
        program: &Path,
        arguments: &[A],
        log: Option<&Path>,
    ) -> Result<Self> {
        let mut command = pinned(SERVER_CORE, program.as_os_str());
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(log) = log {
            command.stderr(File::create(log)?);
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let output = child.stdout.take().map(BufReader::new);
        Ok(Self {
            name,
            child,
            output,
        })
    }

    /// Starts one of this program's roles on the servers' core.
    pub(crate) fn start_self<A: AsRef<OsStr>>(name: &'static str, arguments: &[A]) -> Result<Self> {
        Self::start(name, &std::env::current_exe()?, arguments, None)
    }

    /// The first line that it prints.
    pub(crate) fn first_line(&mut self) -> Result<String> {
        let mut line = String::new();
        let output = self
            .output
            .as_mut()
            .context("nothing is read from this process")?;
        output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "{} ended before it was ready", self.name);
        Ok(line.trim().to_owned())
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU time so far, of its child processes too.
    pub(crate) fn cpu(&self) -> Result<CpuTime> {
        let mut sum = CpuTime::default();
        for pid in family(self.pid())? {
            sum.add(cpu(pid)?);
        }
        Ok(sum)
    }

    /// Resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
        Ok(kilobytes
            .context("smaps_rollup has no Rss")?
            .parse::<u64>()?
            * 1024)
    }

    /// The names of its threads, sorted.
    pub(crate) fn threads(&self) -> Result<Vec<String>> {
        let mut names = tasks(self.pid())?
            .into_iter()
            .filter_map(|task| fs::read_to_string(task.join("comm")).ok())
            .map(|name| name.trim().to_owned())
            .collect::<Vec<_>>();
        names.sort();
        Ok(names)
    }

    /// Asks it to stop and waits until it has; one that does not stop is killed.
    pub(crate) fn stop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill").arg(self.pid().to_string()).status();
        }
        for _ in 0..100 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            // The standard library waits for a process without a limit of time only.
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// CPU time of processes at a moment.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct CpuTime {
    /// Nanoseconds of each thread that lives.
    threads: HashMap<u64, u64>,
    /// All threads that ever lived, in ticks of 10 ms.
    ticks: u64,
}

impl CpuTime {
    /// What was spent since an earlier moment: to the nanosecond, or to the tick where a thread ended
    /// in between and took its count with it.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        let all_live = earlier
            .threads
            .keys()
            .all(|thread| self.threads.contains_key(thread));
        if self.threads.is_empty() || !all_live {
            return Duration::from_millis(1000 / TICKS * self.ticks.saturating_sub(earlier.ticks));
        }
        let spent = self.threads.iter().map(|(thread, now)| {
            now.saturating_sub(earlier.threads.get(thread).copied().unwrap_or_default())
        });
        Duration::from_nanos(spent.sum())
    }

    fn add(&mut self, other: Self) {
        self.threads.extend(other.threads);
        self.ticks += other.ticks;
    }
}

/// CPU time of one process so far, all threads, user and system.
pub(crate) fn cpu(pid: u32) -> Result<CpuTime> {
    let mut threads = HashMap::new();
    for task in tasks(pid)? {
        let name = task
            .file_name()
            .and_then(OsStr::to_str)
            .and_then(|name| name.parse().ok());
        // A thread may end while the list is read.
        let Ok(schedstat) = fs::read_to_string(task.join("schedstat")) else {
            continue;
        };
        let spent = schedstat
            .split(' ')
            .next()
            .and_then(|field| field.parse().ok());
        if let (Some(name), Some(spent)) = (name, spent) {
            threads.insert(name, spent);
        }
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    Ok(CpuTime {
        threads,
        ticks: ticks(&stat)?,
    })
}

/// User and system time of a `/proc/PID/stat`.
fn ticks(stat: &str) -> Result<u64> {
    let Some((_, fields)) = stat.rsplit_once(')') else {
        bail!("/proc/PID/stat is unreadable")
    };
    let mut fields = fields.split_whitespace().skip(11);
    let mut field = || fields.next().context("/proc/PID/stat is short");
    Ok(field()?.parse::<u64>()? + field()?.parse::<u64>()?)
}

fn tasks(pid: u32) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"))?;
    Ok(entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect())
}

fn family(pid: u32) -> Result<Vec<u32>> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
        .context("the kernel does not list child processes (CONFIG_PROC_CHILDREN)")?;
    let mut all = vec![pid];
    for child in children.split_whitespace() {
        all.extend(family(child.parse()?)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(threads: &[(u64, u64)], ticks: u64) -> CpuTime {
        CpuTime {
            threads: threads.iter().copied().collect(),
            ticks,
        }
    }

    #[test]
    fn time_is_counted_over_all_threads_and_new_ones_count_from_zero() {
        let (before, after) = (
            at(&[(1, 500), (2, 100)], 0),
            at(&[(1, 900), (2, 100), (3, 50)], 9),
        );
        assert_eq!(after.since(&before), Duration::from_nanos(450));
    }

    #[test]
    fn a_thread_that_ended_is_not_forgotten() {
        let (before, after) = (at(&[(1, 500), (2, 100)], 10), at(&[(1, 900)], 13));
        assert_eq!(after.since(&before), Duration::from_millis(30));
    }

    #[test]
    fn a_program_name_with_a_bracket_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 12 30 0 0 20 0 1 0 100 1 1";
        assert_eq!(ticks(stat).unwrap(), 42);
    }
}
