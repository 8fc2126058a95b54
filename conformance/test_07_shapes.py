"""What is served has the shape of AWS's own public models, as botocore ships them."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest

from harness.server import run

SERVICES = ["iot", "iam", "sts"]


@pytest.fixture(scope="module")
def operations() -> dict[str, list[dict[str, Any]]]:
    done = run("operations")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    session = botocore.session.Session()
    return {service: session.get_service_model(service) for service in SERVICES}


@pytest.fixture(params=SERVICES)
def rows(request: pytest.FixtureRequest, operations: Any, models: Any) -> list[tuple[dict[str, Any], Any]]:
    """Each operation with its model."""
    service = request.param
    return [(row, models[service].operation_model(row["name"])) for row in operations[service]]


def test_the_services_are_those_of_the_models(operations: dict[str, Any]) -> None:
    assert sorted(operations) == sorted(SERVICES)
    for rows in operations.values():
        names = [row["name"] for row in rows]
        assert names and len(names) == len(set(names))


def test_actions_are_named_after_the_operations(operations: dict[str, Any]) -> None:
    for service, rows in operations.items():
        for row in rows:
            assert row["action"] == f"{service}:{row['name']}"


def test_methods_and_paths_are_the_models(operations: dict[str, Any], models: Any) -> None:
    for row in operations["iot"]:
        http = models["iot"].operation_model(row["name"]).http
        assert (row["method"], row["path"]) == (http["method"], http["requestUri"]), row["name"]


def test_members_are_the_models(rows: list[tuple[dict[str, Any], Any]]) -> None:
    for row, model in rows:
        known = set(model.input_shape.members) if model.input_shape else set()
        assert set(row["members"]) <= known, row["name"]


def test_what_the_model_requires_is_read(rows: list[tuple[dict[str, Any], Any]]) -> None:
    for row, model in rows:
        required = set(model.input_shape.required_members) if model.input_shape else set()
        assert required <= set(row["members"]), row["name"]


def test_members_travel_where_the_model_says(operations: dict[str, Any], models: Any) -> None:
    for row in operations["iot"]:
        shape = models["iot"].operation_model(row["name"]).input_shape
        members = shape.members if shape else {}
        told = {binding["member"]: (binding["location"], binding["name"]) for binding in row["bindings"]}
        for member in row["members"]:
            modelled = members[member].serialization
            location = modelled.get("location")
            expected = (location, modelled.get("name", member)) if location else None
            assert told.get(member) == expected, (row["name"], member)
        assert set(told) <= set(members), row["name"]


def test_the_services_speak_what_the_models_say(models: Any) -> None:
    assert models["iot"].metadata["protocol"] == "rest-json"
    assert models["iam"].metadata["protocol"] == models["sts"].metadata["protocol"] == "query"
    assert models["iam"].api_version == "2010-05-08" and models["sts"].api_version == "2011-06-15"
