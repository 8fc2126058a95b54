"""Every operation on tables and streams: refused to who may not, carried out for who may, written down both times."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from harness.clients import Refused, Sdk, request_id
from harness.fleet import Fleet, allow, name, policy
from harness.sign import Plain, sign

KEY = {"id": {"S": "1"}}
VECTOR = [{"N": "1"}, {"N": "0"}]
# A test of the server holds this page against the operations that it knows.
OPERATIONS = Path(__file__).parents[1] / "docs" / "reference" / "operations.md"
Input = Callable[["Walk"], dict[str, Any]]


class Walk:
    """One table, from its creation to its end."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.table = fleet, name("walk")
        _, self.nobody = fleet.user()
        self.arn = fleet.arn("dynamodb", f"table/{self.table}")
        self.told: dict[str, Any] = {}
        self.allowed: set[str] = set()

    def call(self, sdk: Sdk, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        streams = operation in ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords")
        client = sdk.service("dynamodbstreams" if streams else "dynamodb")
        return getattr(client, xform_name(operation))(**given)


def _stream(walk: Walk) -> str:
    return walk.told["CreateTable"]["TableDescription"]["LatestStreamArn"]


def _shard(walk: Walk) -> str:
    return walk.told["DescribeStream"]["StreamDescription"]["Shards"][0]["ShardId"]


# Operation, the action that it demands, its input.
STEPS: list[tuple[str, str, Input]] = [
    ("CreateTable", "CreateTable", lambda w: {
        "TableName": w.table,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "VectorIndexes": [{
            "IndexName": "near", "VectorAttribute": {"AttributeName": "at"}, "Dimensions": 2,
            "DistanceFunction": "COSINE", "Projection": {"ProjectionType": "ALL"},
        }],
    }),
    ("DescribeTable", "DescribeTable", lambda w: {"TableName": w.table}),
    ("ListTables", "ListTables", lambda w: {}),
    ("PutItem", "PutItem", lambda w: {"TableName": w.table, "Item": KEY | {"at": {"L": VECTOR}}}),
    ("GetItem", "GetItem", lambda w: {"TableName": w.table, "Key": KEY}),
    ("UpdateItem", "UpdateItem", lambda w: {"TableName": w.table, "Key": KEY}),
    ("Query", "Query", lambda w: {
        "TableName": w.table, "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"S": "1"}},
    }),
    ("Scan", "Scan", lambda w: {"TableName": w.table}),
    ("SearchVectors", "SearchVectors", lambda w: {
        "TableName": w.table, "IndexName": "near", "TopK": 1, "SearchVector": VECTOR,
    }),
    ("BatchGetItem", "BatchGetItem", lambda w: {"RequestItems": {w.table: {"Keys": [KEY]}}}),
    ("BatchWriteItem", "BatchWriteItem", lambda w: {"RequestItems": {w.table: [{"PutRequest": {"Item": KEY}}]}}),
    ("TransactWriteItems", "PutItem", lambda w: {
        "TransactItems": [{"Put": {"TableName": w.table, "Item": KEY}}],
    }),
    ("TransactGetItems", "GetItem", lambda w: {"TransactItems": [{"Get": {"TableName": w.table, "Key": KEY}}]}),
    ("ExecuteStatement", "PartiQLSelect", lambda w: {"Statement": f"SELECT * FROM \"{w.table}\" WHERE id = '1'"}),
    ("BatchExecuteStatement", "PartiQLSelect", lambda w: {
        "Statements": [{"Statement": f"SELECT * FROM \"{w.table}\" WHERE id = '1'"}],
    }),
    ("ExecuteTransaction", "PartiQLInsert", lambda w: {
        "TransactStatements": [{"Statement": f"INSERT INTO \"{w.table}\" VALUE {{'id': '2'}}"}],
    }),
    ("UpdateTimeToLive", "UpdateTimeToLive", lambda w: {
        "TableName": w.table, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"},
    }),
    ("DescribeTimeToLive", "DescribeTimeToLive", lambda w: {"TableName": w.table}),
    ("TagResource", "TagResource", lambda w: {"ResourceArn": w.arn, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("ListTagsOfResource", "ListTagsOfResource", lambda w: {"ResourceArn": w.arn}),
    ("UntagResource", "UntagResource", lambda w: {"ResourceArn": w.arn, "TagKeys": ["a"]}),
    ("ListStreams", "ListStreams", lambda w: {"TableName": w.table}),
    ("DescribeStream", "DescribeStream", lambda w: {"StreamArn": _stream(w)}),
    ("GetShardIterator", "GetShardIterator", lambda w: {
        "StreamArn": _stream(w), "ShardId": _shard(w), "ShardIteratorType": "TRIM_HORIZON",
    }),
    ("GetRecords", "GetRecords", lambda w: {"ShardIterator": w.told["GetShardIterator"]["ShardIterator"]}),
    ("DeleteItem", "DeleteItem", lambda w: {"TableName": w.table, "Key": KEY}),
    ("UpdateTable", "UpdateTable", lambda w: {"TableName": w.table, "DeletionProtectionEnabled": False}),
    ("DeleteTable", "DeleteTable", lambda w: {"TableName": w.table}),
]


@pytest.fixture(scope="module")
def walk(fleet: Fleet) -> Walk:
    return Walk(fleet)


@pytest.mark.parametrize(("operation", "action", "given"), STEPS, ids=[step[0] for step in STEPS])
def test_every_operation_in_turn(walk: Walk, operation: str, action: str, given: Input) -> None:
    with Refused() as refused:
        walk.call(walk.nobody, operation, given(walk))
    assert (refused.status, refused.code) == (400, "AccessDeniedException"), refused.message
    assert f"is not authorized to perform: dynamodb:{action} on resource: " in refused.message
    (event,) = walk.fleet.server.audit(refused.request_id)
    assert event["decision"] == "deny" and event["action"] == f"dynamodb:{action}"
    walk.told[operation] = walk.call(walk.fleet.admin, operation, given(walk))
    (event,) = walk.fleet.server.audit(request_id(walk.told[operation]))
    assert event["decision"] == "allow" and event["action"] == f"dynamodb:{action}"
    assert event["resource"] == "*" or event["resource"].startswith(walk.arn), event["resource"]
    walk.allowed.add(operation)


def test_every_operation_was_walked(walk: Walk) -> None:
    known = set(re.findall(r"^\| `(\w+)` \| `DynamoDB\w*\.\1` \|$", OPERATIONS.read_text(), re.MULTILINE))
    assert len(known) > 20 and known == {operation for operation, _, _ in STEPS}
    if len(walk.allowed) < len(STEPS):
        pytest.skip("only some operations were walked")
    assert known == walk.allowed
    (found,) = walk.told["SearchVectors"]["SearchResults"]
    assert found["Item"]["id"] == {"S": "1"}


def test_answers_carry_what_sdks_verify(fleet: Fleet) -> None:
    own, (_, nobody) = fleet.table(), fleet.user()

    def plain(operation: str, body: str = "{}") -> Plain:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        return Plain("dynamodb", "POST", "/", headers, body.encode())

    listing, server, keys = plain("ListTables"), fleet.server, fleet.admin.keys
    signed = sign(server, listing, keys)
    answers = {
        "success": signed.send(server),
        "refused by the engine": sign(server, plain("GetItem", f'{{"TableName":"{own}","Key":{{}}}}'), keys).send(server),
        "refused by the classifier": sign(server, plain("GetItem"), keys).send(server),
        "refused by a policy": sign(server, listing, nobody.keys).send(server),
        "not JSON": sign(server, plain("ListTables", "{"), keys).send(server),
        "of another operation": sign(server, plain("CreateBackup"), keys).send(server),
        "not signed": signed.without("Authorization").send(server),
        "no call": signed.with_header("Content-Type", "text/plain").send(server),
    }
    for what, answer in answers.items():
        assert answer.status == {"success": 200, "no call": 404}.get(what, 400), what
        assert answer.headers["x-amz-crc32"] == str(zlib.crc32(answer.body)), what
        assert len(answer.request_id) == 52 and answer.request_id.isalnum() and answer.headers["date"], what
        if what != "no call":
            assert answer.headers["content-type"] == "application/x-amz-json-1.0", what


def test_a_table_that_is_absent_is_told_only_to_who_may_ask(fleet: Fleet) -> None:
    missing = name("missing")
    with Refused() as refused:
        fleet.admin.dynamodb.get_item(TableName=missing, Key=KEY)
    assert (refused.status, refused.code) == (400, "ResourceNotFoundException")
    _, user = fleet.user(policy(allow("dynamodb:ListTables")))
    with Refused() as refused:
        user.dynamodb.get_item(TableName=missing, Key=KEY)
    assert refused.code == "AccessDeniedException"


def test_a_condition_that_fails_is_no_refusal_of_permission(fleet: Fleet) -> None:
    own = fleet.table()
    fleet.admin.dynamodb.put_item(TableName=own, Item=KEY)
    with Refused() as refused:
        fleet.admin.dynamodb.put_item(TableName=own, Item=KEY, ConditionExpression="attribute_not_exists(id)")
    assert (refused.status, refused.code) == (400, "ConditionalCheckFailedException")
    assert fleet.server.audit(refused.request_id)[0]["decision"] == "allow"
