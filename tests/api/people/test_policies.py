"""Policies: rows with defaults, each saying what its value does."""

from typing import Any

import httpx
import msgspec
import pytest

from sideline.people.policies import Policies, read_policies
from sideline.people.policy_kinds import KINDS
from tests.api.people.conftest import Recorded
from tests.support.people import Api


@pytest.fixture
async def admin(api: Api) -> httpx.AsyncClient:
    _, client = await api.make_and_sign_in("administrator")
    return client


def test_every_policy_has_a_kind_and_every_kind_a_policy():
    assert list(KINDS) != []
    assert set(KINDS) == set(Policies.__struct_fields__)


async def test_every_policy_is_listed_with_its_default_and_a_sentence(admin: httpx.AsyncClient):
    listed = {policy["key"]: policy for policy in (await admin.get("/api/policies")).json()}
    defaults = msgspec.json.decode(msgspec.json.encode(Policies()))
    assert {key: policy["value"] for key, policy in listed.items()} == defaults
    assert {key: policy["default"] for key, policy in listed.items()} == defaults
    assert all(policy["sentence"].endswith(".") and policy["title"] for policy in listed.values())


async def test_observe_first_is_on_until_somebody_turns_it_off(api: Api, admin: httpx.AsyncClient):
    async def value() -> bool:
        async with api.database.reading() as connection:
            return (await read_policies(connection)).observe_first

    assert await value() is True
    answer = await admin.put("/api/policies/observe_first", json={"value": False})
    assert "straight from a list" in answer.json()["sentence"]
    assert await value() is False
    assert (await admin.get("/api/me")).json()["policies"]["observe_first"] is False


async def test_the_presences_that_allow_supervising_are_a_policy(admin: httpx.AsyncClient):
    (policy,) = [p for p in (await admin.get("/api/policies")).json() if p["key"] == "supervise_presences"]
    assert policy["value"] == ["available", "not_ready"]
    assert policy["sentence"].endswith("whose presence is: Available, Not ready.")
    answer = await admin.put("/api/policies/supervise_presences", json={"value": ["on_queue"]})
    assert answer.json()["sentence"].endswith("whose presence is: On queue.")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("observe_first", "yes"),
        ("observe_first", 1),
        ("observe_first", None),
        ("leg_grace_seconds", 4),
        ("leg_grace_seconds", 121),
        ("leg_grace_seconds", 15.5),
        ("leg_grace_seconds", True),
        ("leg_grace_seconds", "15"),
        ("supervise_presences", []),
        ("supervise_presences", ["offline"]),
        ("supervise_presences", ["available", "available"]),
        ("supervise_presences", "available"),
        ("supervise_presences", [["available"]]),
        ("supervise_presences", {}),
    ],
)
async def test_a_value_that_a_policy_cannot_have_is_refused_and_nothing_changes(
    admin: httpx.AsyncClient, key: str, value: Any
):
    before = (await admin.get("/api/policies")).json()
    answer = await admin.put(f"/api/policies/{key}", json={"value": value})
    assert (answer.status_code, answer.json()["fields"].keys()) == (422, {"value"})
    assert (await admin.get("/api/policies")).json() == before


async def test_a_change_is_told_once_and_an_unknown_policy_is_not_there(admin: httpx.AsyncClient, recorded: Recorded):
    for _ in range(2):
        await admin.put("/api/policies/barge_notice", json={"value": True})
        await admin.put("/api/policies/supervise_presences", json={"value": ["on_queue"]})
    assert [(event["key"], event["topics"]) for event in await recorded("policy.changed")] == [
        ("barge_notice", ("organisation",)),
        ("supervise_presences", ("organisation",)),
    ]
    assert (await admin.put("/api/policies/nothing", json={"value": True})).status_code == 404
