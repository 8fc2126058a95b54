//! What is answered is synced: groups of jobs, and what happens when the sync fails.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dynoxide::Database;
use serde_json::{Value, json};
use thingpass_domain::audit::Record;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::engine::{self, Answer};
use super::health::Health;
use super::tests::job;
use super::wal::Wal;
use super::wal::testing::unsyncable;
use super::worker::{Job, Pace, Worker};
use super::{Found, TableFault};
use crate::gateway::Operation;
use crate::gateway::classify::dynamodb::testing::{Recorded, Rig, home, recorded};

type Waiting<T> = oneshot::Receiver<Result<T, TableFault>>;

/// A worker that has not begun, and what it will find in its queue.
struct Bench {
    rig: Rig,
    worker: Worker,
    health: Arc<Health>,
    jobs: SyncSender<Job>,
    queue: Receiver<Job>,
}

impl Bench {
    async fn new() -> Self {
        let rig = Rig::new().await;
        rig.tables.close().await;
        let health = Arc::new(Health::default());
        // All that waits is one group, however slow the machine is.
        let pace = Pace {
            group_time: Duration::MAX,
            sweep_interval: Duration::from_hours(1),
        };
        let path = rig.folder.path().join("tables.db");
        let worker = Worker::open(&path, Arc::default(), Arc::clone(&health), pace).unwrap();
        let (jobs, queue) = sync_channel(100);
        Self {
            rig,
            worker,
            health,
            jobs,
            queue,
        }
    }

    /// One whose WAL cannot be synced.
    async fn broken() -> Self {
        let mut bench = Self::new().await;
        let wal = Wal::of(unsyncable(), Arc::clone(&bench.health));
        bench.worker.replace_wal(Arc::new(wal));
        bench
    }

    fn submit(&self, operation: Operation, body: Value) -> Waiting<Answer> {
        self.submit_allowed(operation, body, recorded())
    }

    fn submit_allowed(
        &self,
        operation: Operation,
        body: Value,
        allowed: Box<dyn Record>,
    ) -> Waiting<Answer> {
        let Value::Object(body) = body else {
            panic!("{body}")
        };
        let (reply, answer) = oneshot::channel();
        let work = engine::prepare(operation, body, &home()).unwrap();
        let job = Job::Execute {
            work,
            allowed,
            relies_on: Vec::new(),
            stream: None,
            reply,
        };
        self.jobs.send(job).unwrap();
        answer
    }

    fn put(&self, number: u32) -> Waiting<Answer> {
        self.submit(Operation::PutItem, put(number))
    }

    fn read(&self) -> Waiting<Answer> {
        self.submit(Operation::Scan, json!({"TableName": "Num"}))
    }

    fn keys(&self) -> Waiting<Found> {
        let (reply, answer) = oneshot::channel();
        let tables = vec!["Num".to_owned()];
        self.jobs.send(Job::Keys { tables, reply }).unwrap();
        answer
    }

    /// Does what waits, to the end.
    fn run(self) -> (Rig, Arc<Health>) {
        drop(self.jobs);
        self.worker.spawn(self.queue).unwrap().join().unwrap();
        (self.rig, self.health)
    }
}

fn put(number: u32) -> Value {
    let item = json!({"id": {"N": number.to_string()}, "text": {"S": "x".repeat(1000)}});
    json!({"TableName": "Num", "Item": item})
}

/// A job that says when it is done.
fn flagged() -> (Arc<AtomicBool>, (Job, Waiting<Answer>)) {
    let is_done = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_done);
    (is_done, job(move || flag.store(true, Ordering::Relaxed)))
}

fn body(answer: &mut Waiting<Answer>) -> Value {
    let answer = answer.try_recv().unwrap().unwrap();
    serde_json::from_slice(&answer().unwrap()).unwrap()
}

fn is_refused<T>(answer: &mut Waiting<T>) -> bool {
    answer.try_recv().unwrap().err() == Some(TableFault::broken())
}

/// Writes items at the same time.
async fn put_all(tables: &Arc<Rig>, numbers: std::ops::Range<u32>) {
    let mut puts = JoinSet::new();
    for number in numbers {
        let rig = Arc::clone(tables);
        puts.spawn(async move { rig.run(Operation::PutItem, put(number)).await });
    }
    for answer in puts.join_all().await {
        assert_eq!(answer, Ok(json!({})));
    }
}

fn wal(rig: &Rig) -> PathBuf {
    rig.folder.path().join("tables.db-wal")
}

/// How many items a copy of the files has as they are now.
fn items_in_copy(rig: &Rig) -> u32 {
    let copy = tempfile::tempdir().unwrap();
    for name in ["tables.db", "tables.db-wal"] {
        fs::copy(rig.folder.path().join(name), copy.path().join(name)).unwrap();
    }
    items(copy.path())
}

fn items(folder: &Path) -> u32 {
    let database = Database::new(folder.join("tables.db").to_str().unwrap()).unwrap();
    let stats = database.table_stats().unwrap();
    let table = stats.iter().find(|table| table.table_name == "Num");
    table.unwrap().item_count.try_into().unwrap()
}

#[tokio::test]
async fn what_was_answered_is_in_the_files_while_the_wal_starts_anew_again_and_again() {
    let rig = Arc::new(Rig::new().await);
    let before = fs::metadata(wal(&rig)).unwrap();
    for round in 0..8 {
        put_all(&rig, round * 500..(round + 1) * 500).await;
        assert_eq!(items_in_copy(&rig), (round + 1) * 500);
    }
    // One page and more for each of 4,000 items have gone through a file that has room for some 1,000.
    let after = fs::metadata(wal(&rig)).unwrap();
    assert!(after.len() < 2000 * 4096, "{}", after.len());
    assert_eq!(after.ino(), before.ino());
}

#[tokio::test]
async fn all_that_waits_is_answered_after_the_last_write() {
    let bench = Bench::new().await;
    let first = Arc::new(Mutex::new(bench.put(1)));
    let read = Arc::new(Mutex::new(bench.read()));
    let (seen, earlier) = (Arc::clone(&first), Arc::clone(&read));
    let (watching, mut watched) = job(move || {
        assert!(seen.lock().unwrap().try_recv().is_err());
        assert!(earlier.lock().unwrap().try_recv().is_err());
    });
    bench.jobs.send(watching).unwrap();
    bench.run();
    assert_eq!(body(&mut first.lock().unwrap()), json!({}));
    assert_eq!(body(&mut read.lock().unwrap())["Count"], 1);
    assert!(watched.try_recv().unwrap().is_ok());
}

#[tokio::test]
async fn what_does_not_fit_in_a_group_is_done_after_its_replies_or_not_if_nobody_waits() {
    let bench = Bench::new().await;
    let mut first = bench.put(0);
    let mut others: Vec<_> = (1..super::group::GROUP_LENGTH)
        .map(|number| bench.put(number.try_into().unwrap()))
        .collect();
    let (answered, mut is_answered) = oneshot::channel();
    let (is_done, forsaken) = flagged();
    bench.jobs.send(forsaken.0).unwrap();
    drop(forsaken.1);
    let (watching, mut watched) = job(move || {
        answered.send(first.try_recv().unwrap().is_ok()).unwrap();
    });
    bench.jobs.send(watching).unwrap();
    let (_, health) = bench.run();
    assert!(is_answered.try_recv().unwrap());
    assert!(watched.try_recv().unwrap().is_ok());
    assert!(!is_done.load(Ordering::Relaxed));
    for answer in &mut others {
        assert_eq!(body(answer), json!({}));
    }
    assert!(!health.is_lost());
}

#[tokio::test]
async fn when_the_sync_fails_nothing_in_the_group_is_answered() {
    let bench = Bench::broken().await;
    let mut before = bench.read();
    let mut written = bench.put(1);
    let missing = json!({"TableName": "Num", "Key": {"id": {"N": "1"}},
        "ConditionExpression": "attribute_not_exists(id)"});
    let mut refused = bench.submit(Operation::DeleteItem, missing);
    let mut read = bench.read();
    let mut keys = bench.keys();
    let (_, health) = bench.run();
    assert_eq!(body(&mut before)["Count"], 0);
    assert!(is_refused(&mut written));
    assert!(is_refused(&mut refused));
    assert!(is_refused(&mut read));
    assert!(is_refused(&mut keys));
    assert!(health.is_lost());
}

#[tokio::test]
async fn what_only_reads_needs_no_sync() {
    let bench = Bench::broken().await;
    let mut read = bench.read();
    let mut keys = bench.keys();
    let mut again = bench.read();
    let (_, health) = bench.run();
    assert_eq!(body(&mut read)["Count"], 0);
    assert!(keys.try_recv().unwrap().unwrap()["Num"].is_some());
    assert_eq!(body(&mut again)["Count"], 0);
    assert!(!health.is_lost());
}

#[tokio::test]
async fn after_a_failed_sync_everything_is_refused_and_nothing_is_done() {
    let bench = Bench::broken().await;
    let (health, jobs) = (Arc::clone(&bench.health), bench.jobs.clone());
    let mut written = bench.put(1);
    let groups = super::group::GROUP_LENGTH - 1;
    let rest: Vec<_> = (0..groups).map(|_| bench.read()).collect();
    let mut read = bench.read();
    let mut keys = bench.keys();
    let (is_done, (writing, mut later)) = flagged();
    jobs.send(writing).unwrap();
    drop(jobs);
    let worker = bench.worker.spawn(bench.queue).unwrap();
    for mut answer in rest {
        assert!((&mut answer).await.unwrap().is_err());
    }
    assert!(is_refused(&mut written));
    assert!(!health.is_good());
    drop(bench.jobs);
    worker.join().unwrap();
    assert!(is_refused(&mut read));
    assert!(is_refused(&mut keys));
    assert!(is_refused(&mut later));
    assert!(!is_done.load(Ordering::Relaxed));
    assert!(!health.is_good());
}

#[tokio::test]
async fn a_panic_fails_one_of_a_group_and_what_was_written_before_is_there() {
    let bench = Bench::new().await;
    let mut first = bench.put(1);
    let (panicking, mut panicked) = job(|| panic!("for the test"));
    bench.jobs.send(panicking).unwrap();
    let mut second = bench.put(2);
    let mut read = bench.read();
    let (rig, health) = bench.run();
    assert_eq!(body(&mut first), json!({}));
    assert!(is_refused(&mut panicked));
    assert_eq!(body(&mut second), json!({}));
    assert_eq!(body(&mut read)["Count"], 2);
    assert!(!health.is_lost());
    assert_eq!(items(rig.folder.path()), 2);
}

#[tokio::test]
async fn a_panic_does_not_hide_that_the_sync_of_what_was_before_failed() {
    let bench = Bench::broken().await;
    let mut first = bench.put(1);
    let (panicking, mut panicked) = job(|| panic!("for the test"));
    bench.jobs.send(panicking).unwrap();
    // The database would be opened anew for it, with a WAL that can be synced.
    let mut second = bench.put(2);
    let (_, health) = bench.run();
    assert!(is_refused(&mut first));
    assert!(is_refused(&mut panicked));
    assert!(is_refused(&mut second));
    assert!(health.is_lost());
}

#[tokio::test]
async fn what_was_before_closing_is_answered_and_nothing_after() {
    let bench = Bench::new().await;
    let mut before = bench.put(1);
    bench.jobs.send(Job::Close).unwrap();
    let mut after = bench.put(2);
    let (rig, _) = bench.run();
    assert_eq!(body(&mut before), json!({}));
    assert!(matches!(
        after.try_recv(),
        Err(oneshot::error::TryRecvError::Closed)
    ));
    // Nothing is left in the WAL of a database that was closed in order.
    assert!(!wal(&rig).exists());
}

#[tokio::test]
async fn what_is_read_during_a_sweep_is_synced_before_it_is_answered() {
    let mut bench = Bench::new().await;
    let wal = Arc::new(Wal::of(unsyncable(), Arc::clone(&bench.health)));
    bench.worker.replace_wal(Arc::clone(&wal));
    wal.set_being_swept(true);
    let mut read = bench.read();
    let (_, health) = bench.run();
    assert!(is_refused(&mut read));
    assert!(health.is_lost());
}

#[tokio::test]
async fn an_operation_that_only_reads_leaves_the_wal_as_it_is() {
    let rig = Rig::new().await;
    let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
    let put = json!({"TableName": "Tab", "Item": key});
    rig.run(Operation::PutItem, put).await.unwrap();
    let table = json!({"TableName": "Tab"});
    let streams = rig.run(Operation::ListStreams, table.clone()).await;
    let stream = streams.unwrap()["Streams"][0]["StreamArn"].clone();
    let described = rig
        .run(Operation::DescribeStream, json!({"StreamArn": stream}))
        .await
        .unwrap();
    let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let ask = json!({"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = rig.run(Operation::GetShardIterator, ask.clone()).await;
    let iterator = iterator.unwrap();
    let before = fs::read(wal(&rig)).unwrap();
    assert!(!before.is_empty());
    let mut reads = 0;
    for operation in Operation::ALL
        .iter()
        .copied()
        .filter(|it| engine::is_read(*it))
    {
        reads += 1;
        let body = match operation.name() {
            "GetItem" => json!({"TableName": "Tab", "Key": key}),
            "Query" => json!({"TableName": "Tab", "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": "a"}}}),
            "SearchVectors" => json!({"TableName": "Tab", "IndexName": "None", "TopK": 1,
                "SearchVector": [{"N": "1"}]}),
            "BatchGetItem" => json!({"RequestItems": {"Tab": {"Keys": [key]}}}),
            "TransactGetItems" => {
                json!({"TransactItems": [{"Get": {"TableName": "Tab", "Key": key}}]})
            }
            "ListTagsOfResource" => json!({"ResourceArn": home().table("Tab")}),
            "ListTables" => json!({}),
            "DescribeStream" => json!({"StreamArn": stream}),
            "GetShardIterator" => ask.clone(),
            "GetRecords" => iterator.clone(),
            _ => table.clone(),
        };
        let answer = rig.run(operation, body).await;
        // There is no such index, which is found out by looking.
        assert_eq!(
            answer.is_ok(),
            operation != Operation::SearchVectors,
            "{answer:?}"
        );
        assert_eq!(fs::read(wal(&rig)).unwrap(), before, "{operation}");
    }
    assert_eq!(reads, 14);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_executed() {
    let bench = Bench::new().await;
    let unwritten = Box::new(Recorded { is_written: false });
    let mut refused = bench.submit_allowed(Operation::PutItem, put(1), unwritten);
    let mut done = bench.put(2);
    let mut read = bench.read();
    bench.run();
    let fault = refused.try_recv().unwrap().err().unwrap();
    assert_eq!(fault.status, 503);
    assert!(done.try_recv().unwrap().is_ok());
    assert_eq!(body(&mut read)["Count"], 1);
}
