//! How often the engine is asked for the keys of tables.

use std::collections::BTreeSet;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::tests::job;
use super::worker::Job;
use super::{Rooms, Tables};
use crate::gateway::Operation;
use crate::gateway::classify::dynamodb::testing::{Rig, home};
use crate::gateway::table_keys::Found;

fn one(table: &str) -> BTreeSet<String> {
    BTreeSet::from([table.to_owned()])
}

/// How many jobs a request is to the engine before it is authorised, and of how many tables.
async fn asked(operation: Operation, body: Value) -> (usize, usize) {
    let (jobs, queue) = sync_channel(1000);
    let tables = Tables {
        home: Arc::new(home()),
        schemas: Arc::default(),
        health: Arc::default(),
        rooms: Rooms::default(),
        jobs,
        worker: Mutex::new(None),
    };
    let engine = std::thread::spawn(move || {
        let (mut jobs, mut names) = (0, 0);
        while let Ok(job) = queue.recv() {
            let Job::Keys { tables, reply } = job else {
                panic!("the request is executed");
            };
            jobs += 1;
            names += tables.len();
            let found = tables.into_iter().map(|table| (table, None)).collect();
            reply.send(Ok::<Found, _>(found)).unwrap();
        }
        (jobs, names)
    });
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig { tables, folder };
    let classified = rig.classify(operation, &body).await.unwrap();
    assert!(!classified.demands.is_empty());
    drop((classified, rig));
    engine.join().unwrap()
}

#[tokio::test]
async fn a_request_asks_once_however_many_tables_it_makes_up() {
    let key = json!({"pk": {"S": "a"}});
    let table = |number: usize| format!("Absent{number}");
    let gets: Value = (0..100)
        .map(|number| (table(number), json!({"Keys": [key]})))
        .collect();
    let asked_for = asked(Operation::BatchGetItem, json!({"RequestItems": gets})).await;
    assert_eq!(asked_for, (1, 100));
    let writes: Value = (0..25)
        .map(|number| (table(number), json!([{"DeleteRequest": {"Key": key}}])))
        .collect();
    let asked_for = asked(Operation::BatchWriteItem, json!({"RequestItems": writes})).await;
    assert_eq!(asked_for, (1, 25));
    let items: Vec<Value> = (0..100)
        .map(|number| json!({"Delete": {"TableName": table(number % 50), "Key": key}}))
        .collect();
    let body = json!({"TransactItems": items});
    assert_eq!(asked(Operation::TransactWriteItems, body).await, (1, 50));
    let items: Vec<Value> = (0..100)
        .map(|number| json!({"Get": {"TableName": home().table(&table(number)), "Key": key}}))
        .collect();
    let body = json!({"TransactItems": items});
    assert_eq!(asked(Operation::TransactGetItems, body).await, (1, 100));
}

#[tokio::test]
async fn that_there_is_no_such_table_is_known_without_the_engine() {
    let rig = Rig::new().await;
    assert!(rig.keys("Absent").await.is_none());
    assert!(rig.keys("Num").await.is_some());
    rig.tables.close().await;
    assert!(rig.keys("Absent").await.is_none());
    assert!(rig.keys("Num").await.is_some());
    assert!(rig.tables.keys(one("Other")).await.is_err());
}

#[tokio::test]
async fn a_table_that_is_made_or_deleted_is_asked_for_again() {
    let rig = Rig::new().await;
    assert!(rig.keys("Later").await.is_none());
    let create = json!({"TableName": home().table("Later"), "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]});
    rig.run(Operation::CreateTable, create).await.unwrap();
    assert_eq!(rig.keys("Later").await.unwrap().partition_key, "pk");
    let delete = json!({"TableName": "Later"});
    rig.run(Operation::DeleteTable, delete).await.unwrap();
    assert!(rig.keys("Later").await.is_none());
}

#[tokio::test]
async fn nothing_is_known_any_more_once_the_database_is_opened_anew() {
    let rig = Rig::new().await;
    assert!(rig.keys("Absent").await.is_none());
    assert!(rig.tables.schemas.recall(one("Absent")).1.is_empty());
    let (job, answer) = job(|| panic!("for the test"));
    rig.tables.submit(job).unwrap();
    assert!(answer.await.unwrap().is_err());
    assert_eq!(rig.tables.schemas.recall(one("Absent")).1, ["Absent"]);
    assert!(rig.keys("Absent").await.is_none());
}
