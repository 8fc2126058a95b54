"""Rows of one's own: leading keys, attributes and thing variables, whichever operation carries them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.clients import Refused, Sdk
from harness.fleet import Fleet, allow, deny, name, policy

Call = Callable[[Sdk, str, str], Any]


def item(key: str, **more: str) -> dict[str, Any]:
    return {"id": {"S": key}, **{own: {"S": value} for own, value in more.items()}}


# Each touches the row `key` of `table`, and no other.
BY_ROW: dict[str, Call] = {
    "PutItem": lambda s, t, k: s.dynamodb.put_item(TableName=t, Item=item(k)),
    "GetItem": lambda s, t, k: s.dynamodb.get_item(TableName=t, Key=item(k)),
    "UpdateItem": lambda s, t, k: s.dynamodb.update_item(
        TableName=t, Key=item(k), UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"S": "x"}}
    ),
    "DeleteItem": lambda s, t, k: s.dynamodb.delete_item(TableName=t, Key=item(k)),
    "Query": lambda s, t, k: s.dynamodb.query(
        TableName=t, KeyConditionExpression="id = :k", ExpressionAttributeValues={":k": {"S": k}}
    ),
    "Query with names": lambda s, t, k: s.dynamodb.query(
        TableName=t, KeyConditionExpression="(#k = :k)", ExpressionAttributeNames={"#k": "id"},
        ExpressionAttributeValues={":k": {"S": k}},
    ),
    "BatchGetItem": lambda s, t, k: s.dynamodb.batch_get_item(RequestItems={t: {"Keys": [item(k)]}}),
    "BatchWriteItem put": lambda s, t, k: s.dynamodb.batch_write_item(
        RequestItems={t: [{"PutRequest": {"Item": item(k)}}]}
    ),
    "BatchWriteItem delete": lambda s, t, k: s.dynamodb.batch_write_item(
        RequestItems={t: [{"DeleteRequest": {"Key": item(k)}}]}
    ),
    "TransactWriteItems put": lambda s, t, k: s.dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": t, "Item": item(k)}}]
    ),
    "TransactWriteItems check": lambda s, t, k: s.dynamodb.transact_write_items(
        TransactItems=[
            {"ConditionCheck": {"TableName": t, "Key": item(k), "ConditionExpression": "attribute_not_exists(zz)"}}
        ]
    ),
    "TransactGetItems": lambda s, t, k: s.dynamodb.transact_get_items(
        TransactItems=[{"Get": {"TableName": t, "Key": item(k)}}]
    ),
}
# Each also touches a row of somebody else's beside the device's own.
BESIDE: dict[str, Call] = {
    "BatchGetItem": lambda s, t, k: s.dynamodb.batch_get_item(
        RequestItems={t: {"Keys": [item(k), item("other")]}}
    ),
    "BatchWriteItem": lambda s, t, k: s.dynamodb.batch_write_item(
        RequestItems={t: [{"PutRequest": {"Item": item(k)}}, {"PutRequest": {"Item": item("other")}}]}
    ),
    "TransactWriteItems": lambda s, t, k: s.dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": t, "Item": item(k)}},
            {"Delete": {"TableName": t, "Key": item("other")}},
        ]
    ),
    "TransactGetItems": lambda s, t, k: s.dynamodb.transact_get_items(
        TransactItems=[{"Get": {"TableName": t, "Key": item(key)}} for key in (k, "other")]
    ),
    "Scan": lambda s, t, k: s.dynamodb.scan(TableName=t),
    "Scan with a filter": lambda s, t, k: s.dynamodb.scan(
        TableName=t, FilterExpression="id = :k", ExpressionAttributeValues={":k": {"S": k}}
    ),
    "PartiQL": lambda s, t, k: s.dynamodb.execute_statement(Statement=f'SELECT * FROM "{t}"'),
    "PartiQL with a key": lambda s, t, k: s.dynamodb.execute_statement(
        Statement=f"SELECT * FROM \"{t}\" WHERE id = '{k}' OR id = 'other'"
    ),
    "PartiQL insert": lambda s, t, k: s.dynamodb.execute_statement(
        Statement=f"INSERT INTO \"{t}\" VALUE {{'id': 'other'}}"
    ),
    "BatchExecuteStatement": lambda s, t, k: s.dynamodb.batch_execute_statement(
        Statements=[{"Statement": f"SELECT * FROM \"{t}\" WHERE id = 'other'"}]
    ),
    "ExecuteTransaction": lambda s, t, k: s.dynamodb.execute_transaction(
        TransactStatements=[{"Statement": f"DELETE FROM \"{t}\" WHERE id = 'other'"}]
    ),
}
NO_THING = {"Null": {"credentials-iot:ThingName": "true"}}
LEADING_KEYS = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${credentials-iot:ThingName}"]}}


@pytest.fixture(scope="module")
def table(fleet: Fleet) -> str:
    own = fleet.table()
    fleet.admin.dynamodb.put_item(TableName=own, Item=item("other", secret="s"))
    return own


def device(fleet: Fleet, document: str) -> tuple[Sdk, str]:
    """A device's session under a policy, and the name of its thing."""
    thing = fleet.thing()
    return fleet.session(fleet.device(thing), fleet.alias(fleet.role(document))), thing


@pytest.fixture(scope="module")
def own_rows(fleet: Fleet, table: str) -> tuple[Sdk, str]:
    """A device that may touch only rows that begin with its name."""
    arn = fleet.arn("dynamodb", f"table/{table}")
    return device(fleet, policy(allow("dynamodb:*", arn, Condition=LEADING_KEYS)))


@pytest.mark.parametrize("operation", BY_ROW)
def test_a_device_reaches_its_own_rows_and_no_others(
    table: str, own_rows: tuple[Sdk, str], operation: str
) -> None:
    session, thing = own_rows
    BY_ROW[operation](session, table, thing)
    for other in ["other", thing + "x", thing.upper(), thing[:-1]]:
        with Refused() as refused:
            BY_ROW[operation](session, table, other)
        assert refused.code == "AccessDeniedException"


@pytest.mark.parametrize("operation", BESIDE)
def test_another_row_beside_ones_own_is_refused(table: str, own_rows: tuple[Sdk, str], operation: str) -> None:
    session, thing = own_rows
    with Refused() as refused:
        BESIDE[operation](session, table, thing)
    assert refused.code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("id = :k OR id = :o", {":k": "own", ":o": "other"}),
        ("NOT id = :o", {":o": "other"}),
        ("begins_with(id, :k)", {":k": "own"}),
        ("id > :o", {":o": "a"}),
        ("id = :o AND id = :k", {":k": "own", ":o": "other"}),
    ],
)
def test_a_key_condition_that_pins_no_row_of_ones_own_is_refused(
    table: str, own_rows: tuple[Sdk, str], expression: str, values: dict[str, str]
) -> None:
    session, thing = own_rows
    values = {name: thing if value == "own" else value for name, value in values.items()}
    with Refused() as refused:
        session.dynamodb.query(
            TableName=table, KeyConditionExpression=expression,
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
        )
    assert refused.code in ("AccessDeniedException", "ValidationException")


def test_nothing_of_the_refused_has_happened(fleet: Fleet, table: str) -> None:
    kept = fleet.admin.dynamodb.get_item(TableName=table, Key=item("other"))["Item"]
    assert kept == item("other", secret="s")


def test_only_the_attributes_that_are_named_are_given_out(fleet: Fleet, table: str) -> None:
    condition = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "open"]},
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
    session, _ = device(fleet, policy(allow(["dynamodb:GetItem", "dynamodb:Query"], "*", Condition=condition)))
    get = session.dynamodb.get_item
    get(TableName=table, Key=item("other"), ProjectionExpression="id, #o", ExpressionAttributeNames={"#o": "open"})
    for more in [
        {},
        {"ProjectionExpression": "id, secret"},
        {"ProjectionExpression": "#s", "ExpressionAttributeNames": {"#s": "secret"}},
        {"AttributesToGet": ["secret"]},
    ]:
        with Refused() as refused:
            get(TableName=table, Key=item("other"), **more)
        assert refused.code == "AccessDeniedException", more


def test_a_filter_may_not_ask_about_what_may_not_be_read(fleet: Fleet, table: str) -> None:
    condition = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}
    session, _ = device(fleet, policy(allow("dynamodb:*", "*", Condition=condition)))
    query = {
        "TableName": table, "KeyConditionExpression": "id = :k", "ProjectionExpression": "id",
        "Select": "SPECIFIC_ATTRIBUTES", "ExpressionAttributeValues": {":k": {"S": "other"}},
    }
    assert session.dynamodb.query(**query)["Count"] == 1
    query["ExpressionAttributeValues"] = {":k": {"S": "other"}, ":s": {"S": "s"}}
    with Refused() as refused:
        session.dynamodb.query(**query, FilterExpression="begins_with(secret, :s)")
    assert refused.code == "AccessDeniedException"
    with Refused() as refused:
        session.dynamodb.put_item(TableName=table, Item=item("x", secret="s"))
    assert refused.code == "AccessDeniedException"
    with Refused() as refused:
        session.dynamodb.delete_item(
            TableName=table, Key=item("x"), ConditionExpression="secret = :s",
            ExpressionAttributeValues={":s": {"S": "s"}},
        )
    assert refused.code == "AccessDeniedException"


def test_a_batch_over_tables_needs_each_of_them(fleet: Fleet, table: str) -> None:
    mine = fleet.table()
    arn = fleet.arn("dynamodb", f"table/{mine}")
    session, _ = device(fleet, policy(allow("dynamodb:*", arn)))
    session.dynamodb.batch_write_item(RequestItems={mine: [{"PutRequest": {"Item": item("1")}}]})
    both = {t: [{"PutRequest": {"Item": item("1")}}] for t in (mine, table)}
    for call in (
        lambda: session.dynamodb.batch_write_item(RequestItems=both),
        lambda: session.dynamodb.batch_get_item(RequestItems={t: {"Keys": [item("1")]} for t in (mine, table)}),
        lambda: session.dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": t, "Item": item("2")}} for t in (mine, table)]
        ),
        lambda: session.dynamodb.put_item(
            TableName=fleet.arn("dynamodb", f"table/{table}"), Item=item("1")
        ),
        lambda: session.dynamodb.execute_statement(Statement=f"INSERT INTO \"{table}\" VALUE {{'id': '1'}}"),
    ):
        with Refused() as refused:
            call()
        assert refused.code == "AccessDeniedException" and f"table/{table}" in refused.message
    session.dynamodb.put_item(TableName=arn, Item=item("1"))
    assert "Item" not in fleet.admin.dynamodb.get_item(TableName=mine, Key=item("2"))


def test_an_index_is_a_resource_of_its_own(fleet: Fleet) -> None:
    own = name("table")
    fleet.admin.dynamodb.create_table(
        TableName=own, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in ("id", "owner")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-owner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    arn = fleet.arn("dynamodb", f"table/{own}")
    query = {
        "TableName": own, "IndexName": "by-owner", "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"},
    }
    session, _ = device(fleet, policy(allow("dynamodb:*", arn)))
    with Refused() as refused:
        session.dynamodb.query(**query, ExpressionAttributeValues={":o": {"S": "x"}})
    assert refused.code == "AccessDeniedException" and "/index/by-owner" in refused.message
    session, thing = device(fleet, policy(allow("dynamodb:Query", f"{arn}/index/*", Condition=LEADING_KEYS)))
    session.dynamodb.query(**query, ExpressionAttributeValues={":o": {"S": thing}})
    with Refused() as refused:
        session.dynamodb.query(**query, ExpressionAttributeValues={":o": {"S": "x"}})
    assert refused.code == "AccessDeniedException"


def test_thing_variables_are_the_devices_own(fleet: Fleet) -> None:
    thing_type = name("type")
    fleet.admin.iot.create_thing_type(thingTypeName=thing_type)
    thing = fleet.thing(thing_type)
    device = fleet.device(thing)
    tables = [thing, thing_type, f"c-{device.certificate_id}"]
    for own in tables:
        fleet.admin.dynamodb.create_table(
            TableName=own, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
    variables = ["${credentials-iot:ThingName}", "${credentials-iot:ThingTypeName}",
                 "c-${credentials-iot:AwsCertificateId}"]
    arns = [fleet.arn("dynamodb", f"table/{variable}") for variable in variables]
    role = fleet.role(policy(allow("dynamodb:PutItem", arns)))
    alias = fleet.alias(role)
    named = fleet.session(device, alias)
    for own in tables:
        named.dynamodb.put_item(TableName=own, Item=item("1"))
    other = fleet.session(fleet.device(fleet.thing()), alias)
    for own in tables:
        with Refused() as refused:
            other.dynamodb.put_item(TableName=own, Item=item("1"))
        assert refused.code == "AccessDeniedException"


def test_a_session_without_a_thing_has_no_thing_variables(fleet: Fleet) -> None:
    own = fleet.table()
    device = fleet.device(fleet.thing())
    documents = {
        policy(allow("dynamodb:*", fleet.arn("dynamodb", "table/*${credentials-iot:ThingName}"))): False,
        policy(allow("dynamodb:*", "*", Condition={"StringLike": {"credentials-iot:ThingName": "*"}})): False,
        policy(allow("dynamodb:*", "*", Condition=NO_THING)): True,
        policy(allow("dynamodb:*"), deny("dynamodb:*", "*", Condition=NO_THING)): False,
    }
    for document, allowed in documents.items():
        alias = fleet.alias(fleet.role(document))
        session = fleet.session(fleet.device(None), alias)
        assert device.thing
        if allowed:
            session.dynamodb.put_item(TableName=own, Item=item("1"))
            continue
        with Refused() as refused:
            session.dynamodb.put_item(TableName=own, Item=item("1"))
        assert refused.code == "AccessDeniedException", document


def test_iot_variables_mean_nothing_in_iam_policies_nor_the_other_way(fleet: Fleet) -> None:
    own = fleet.table()
    thing = fleet.thing()
    condition = {"StringLike": {"iot:Connection.Thing.ThingName": "*"}}
    session, _ = device(fleet, policy(allow("dynamodb:*", "*", Condition=condition)))
    with Refused() as refused:
        session.dynamodb.put_item(TableName=own, Item=item("1"))
    assert refused.code == "AccessDeniedException"
    condition = {"StringLike": {"credentials-iot:ThingName": "*"}}
    document = policy(allow("iot:AssumeRoleWithCertificate", "*", Condition=condition))
    answer = fleet.ask(fleet.device(thing, document), fleet.alias(fleet.role()), thing)
    assert answer.status == 403


def test_a_statement_of_2008_knows_no_variables(fleet: Fleet) -> None:
    arn = fleet.arn("dynamodb", "table/${credentials-iot:ThingName}")
    document = json.dumps({"Version": "2008-10-17", "Statement": [allow("dynamodb:*", arn)]})
    session, thing = device(fleet, document)
    with Refused() as refused:
        session.dynamodb.put_item(TableName=thing, Item=item("1"))
    assert refused.code == "AccessDeniedException"
