//! Classifier and engine agree: what the engine touches, the classifier has named.

use std::collections::{BTreeMap, BTreeSet};

use dynoxide::{AttributeValue, Database};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::expression::{Kind, attributes, leading_key};
use super::statement::{self, Verb};

/// Two tables, each with items that say where they are from.
fn database() -> Database {
    let database = Database::memory().unwrap();
    for table in ["Tab", "Oth"] {
        let created = database.create_table(from(json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"}],
        })));
        created.unwrap();
        for (pk, sk) in [("a", "b"), ("a", "c"), ("b", "b")] {
            let item = json!({"pk": {"S": pk}, "sk": {"S": sk}, "t": {"S": table}, "x": {"N": "1"},
                "l": {"L": [{"N": "1"}]}, "m": {"M": {"x": {"N": "1"}}}});
            database
                .put_item(from(json!({"TableName": table, "Item": item})))
                .unwrap();
        }
    }
    database
}

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn content(database: &Database, table: &str) -> Value {
    let scanned = database.scan(from(json!({"TableName": table}))).unwrap();
    let items = serde_json::to_value(scanned.items).unwrap();
    let sorted: BTreeSet<String> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            format!(
                "{:?}",
                item.as_object().unwrap().iter().collect::<BTreeMap<_, _>>()
            )
        })
        .collect();
    json!(sorted)
}

const BASES: [&[&str]; 8] = [
    &["SELECT", "*", "FROM", "\"Tab\""],
    &[
        "SELECT", "t", ",", "x", "FROM", "Oth", "WHERE", "pk", "=", "'a'",
    ],
    &[
        "SELECT", "*", "FROM", "Tab", "WHERE", "pk", "=", "'a'", "AND", "sk", "=", "'b'", ";",
    ],
    &[
        "INSERT", "INTO", "\"Tab\"", "VALUE", "{", "'pk'", ":", "'n'", ",", "'sk'", ":", "'n'", "}",
    ],
    &[
        "UPDATE", "Oth", "SET", "x", "=", "2", "WHERE", "pk", "=", "'a'", "AND", "sk", "=", "'b'",
    ],
    &[
        "FROM", "Tab", "WHERE", "pk", "=", "'a'", "AND", "sk", "=", "'b'", "REMOVE", "x",
    ],
    &[
        "DELETE", "FROM", "Tab", "WHERE", "pk", "=", "'a'", "AND", "sk", "=", "'b'",
    ],
    &[
        "DELETE",
        "FROM",
        "\"Oth\"",
        "WHERE",
        "pk",
        "=",
        "'b'",
        "AND",
        "sk",
        "=",
        "'b'",
        "RETURNING",
        "ALL",
        "OLD",
        "*",
    ],
];
const STATEMENT_WORDS: &[&str] = &[
    ", FROM",
    "[FROM]",
    ".FROM",
    "FROM",
    "from Oth",
    "-- FROM Oth\n",
    "--\n",
    "/* FROM Oth */",
    "/*/ FROM Oth /*/",
    "`FROM Oth`",
    "'FROM Oth'",
    "'it''s FROM Oth'",
    "\"FROM\"",
    "1FROM",
    "1.FROM",
    ".5",
    "1e5",
    "- - FROM Oth",
    "Oth",
    "\"Oth\"",
    "'Oth'",
    "\"Oth\".\"Idx\"",
    "; DELETE FROM Oth WHERE pk = 'a' AND sk = 'b'",
    ";",
    "AND EXISTS(SELECT * FROM Oth)",
    "OR x IN (SELECT x FROM Oth)",
    "SET",
    "SELECT",
    "*",
    "t",
    "AS",
    "é",
    "\u{a0}",
    "\u{b}",
    "\n",
];

fn statements() -> impl Strategy<Value = String> {
    let change = (0_usize..16, prop::sample::select(STATEMENT_WORDS), 0_u8..3);
    let gaps = prop::collection::vec(
        prop::sample::select(&["", " ", " ", " ", " ", " ", " ", "\t"][..]),
        24,
    );
    (
        prop::sample::select(&BASES[..]),
        prop::collection::vec(change, 0..4),
        gaps,
    )
        .prop_map(|(base, changes, gaps)| {
            let mut tokens = base.to_vec();
            for (at, word, how) in changes {
                let at = at % (tokens.len() + 1);
                match how {
                    0 => tokens.insert(at, word),
                    1 if at < tokens.len() => tokens[at] = word,
                    _ if at < tokens.len() => drop(tokens.remove(at)),
                    _ => {}
                }
            }
            let gaps = gaps.into_iter().chain(std::iter::repeat(" "));
            tokens
                .into_iter()
                .zip(gaps)
                .flat_map(|(token, gap)| [token, gap])
                .collect()
        })
}

/// Runs a statement and fails if the engine did what the classifier did not say. Returns whether
/// the engine ran what the classifier let pass.
fn agrees(text: &str) -> bool {
    let Ok(said) = statement::read(text) else {
        return false;
    };
    let database = database();
    let tables = ["Tab", "Oth"];
    let before = tables.map(|table| content(&database, table));
    let Ok(answer) = database.execute_statement(from(json!({"Statement": text}))) else {
        return false;
    };
    for (table, before) in tables.iter().zip(before) {
        if content(&database, table) != before {
            assert!(
                *table == said.table && said.verb != Verb::Select,
                "wrote {table}: {text}"
            );
        }
    }
    for item in answer.items.iter().flatten() {
        if let Some(AttributeValue::S(table)) = item.get("t") {
            assert_eq!(table, said.table, "read {table}: {text}");
        }
    }
    true
}

#[test]
fn every_base_statement_runs() {
    for base in BASES {
        assert!(agrees(&base.join(" ")), "{base:?}");
    }
}

const KEY_CONDITIONS: &[&str] = &[
    "pk = :a",
    "pk = :b",
    "#p = :a",
    "(pk = :a)",
    ":a = pk",
    "pk <> :a",
    "NOT pk = :a",
    "pk IN (:a, :b)",
    "pk.x = :a",
    "sk = :b",
    "#s > :a",
    "(sk <= :b)",
    "begins_with(sk, :b)",
    "begins_with(pk, :b)",
    "sk BETWEEN :a AND :b",
    "sk BETWEEN pk AND :b",
];

fn key_conditions() -> impl Strategy<Value = String> {
    let glue = prop::sample::select(&[" AND ", " AND ", " and ", " OR ", " "][..]);
    let condition = prop::sample::select(KEY_CONDITIONS);
    prop::collection::vec((condition, glue), 1..4).prop_map(|mut all| {
        if let Some(last) = all.last_mut() {
            last.1 = "";
        }
        all.into_iter()
            .flat_map(|(condition, glue)| [condition, glue])
            .collect()
    })
}

const CHANGES: [(&str, &[&str]); 4] = [
    (
        "SET",
        &[
            "x = :n",
            "#x = :n",
            "m.y = :n",
            "l[0] = :n",
            "t = x",
            "n = x + :n",
            "n = if_not_exists(x, :n)",
            "l = list_append(l, :l)",
            "remove = :n",
            "set = :n",
            "n = m.x - :n",
        ],
    ),
    (
        "REMOVE",
        &["x", "#x", "m.x", "l[0]", "t", "remove", "n", "delete"],
    ),
    ("ADD", &["x :n", "n :n", "add :n"]),
    ("DELETE", &["x :n", "t :n"]),
];

fn updates() -> impl Strategy<Value = String> {
    let clause = prop::sample::select(&CHANGES[..]).prop_flat_map(|(verb, changes)| {
        let changes = prop::collection::vec(prop::sample::select(changes), 1..3);
        (Just(verb), changes).prop_map(|(verb, changes)| format!("{verb} {}", changes.join(", ")))
    });
    prop::collection::vec(clause, 1..3).prop_map(|clauses| clauses.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_statement_touches_the_table_that_was_named(text in statements()) {
        agrees(&text);
    }

    #[test]
    fn a_query_returns_the_leading_key_that_was_named(expression in key_conditions()) {
        let names = json!({"#p": "pk", "#s": "sk"});
        let values = json!({":a": {"S": "a"}, ":b": {"S": "b"}});
        let named = leading_key(&expression, "pk", names.as_object(), values.as_object());
        if let Some(named) = named {
            let used = |all: &Value| -> Map<String, Value> {
                let all = all.as_object().unwrap().clone().into_iter();
                all.filter(|(name, _)| expression.contains(name.as_str())).collect()
            };
            let mut body = json!({"TableName": "Tab", "KeyConditionExpression": expression});
            for (member, all) in
                [("ExpressionAttributeNames", &names), ("ExpressionAttributeValues", &values)]
            {
                let used = used(all);
                if !used.is_empty() {
                    body[member] = Value::Object(used);
                }
            }
            if let Ok(found) = database().query(from(body)) {
                for item in found.items.unwrap_or_default() {
                    prop_assert_eq!(&item["pk"], &AttributeValue::S(named.clone()), "{}", expression);
                }
            }
        }
    }

    #[test]
    fn an_update_changes_the_attributes_that_were_named(expression in updates()) {
        let names = json!({"#x": "x"});
        if let Some(named) = attributes(&expression, Kind::Update, names.as_object()) {
            let values = json!({":n": {"N": "5"}, ":l": {"L": [{"N": "9"}]}});
            let mut used = values.as_object().unwrap().clone();
            used.retain(|name, _| expression.contains(name.as_str()));
            let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
            let mut body = json!({"TableName": "Tab", "Key": key, "UpdateExpression": expression});
            if !used.is_empty() {
                body["ExpressionAttributeValues"] = Value::Object(used);
            }
            if expression.contains("#x") {
                body["ExpressionAttributeNames"] = names.clone();
            }
            let database = database();
            let item = |database: &Database| {
                let got = database.get_item(from(json!({"TableName": "Tab", "Key": key})));
                serde_json::to_value(got.unwrap().item).unwrap()
            };
            let before = item(&database);
            if database.update_item(from(body)).is_ok() {
                let after = item(&database);
                for name in ["pk", "sk", "t", "x", "l", "m", "n", "set", "remove"] {
                    if before.get(name) != after.get(name) {
                        prop_assert!(named.contains(&name), "{name}: {expression}");
                    }
                }
            }
        }
    }
}
