"""Every operation of the OpenAPI document against the real server, with whatever Schemathesis thinks of.

Nothing answers 5xx, every answer has a documented status and content type,
and its body is what its schema says.
"""

import asyncio
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from sideline.entry.composition import open_database
from sideline.entry.openapi import describe
from sideline.entry.web import make_app
from sideline.kit.db import Database
from sideline.kit.settings import Settings
from tests.support.people import make_user
from tests.support.postgres import fresh_database
from tests.support.server import browser, running_site, sign_in_row

EXAMPLES = 10
"""Made-up requests for each operation, beside those that its schema's borders give."""

NO_VOICE = {"/api/legs", "/api/customer/legs"}
"""No voice process runs here, which these say with 503."""


def no_server_error(_: Any, response: Any, case: Any) -> None:
    """Refuse every 5xx but the truth that there is no voice process."""
    is_true = response.status_code == 503 and case.operation.path in NO_VOICE
    assert response.status_code < 500 or is_true, response.text


CHECKS: list[Any] = [
    no_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
    ignored_auth,
]

_described = Settings(var=Path("/nonexistent"), database_url="postgresql://nowhere/described", demo=False)
schema = schemathesis.openapi.from_dict(describe(make_app(_described, open_database(_described))))


@dataclass(frozen=True)
class World:
    """The site, who asks, and things that exist."""

    url: str
    session: requests.Session
    ids: Mapping[str, str]
    """A real value for each path parameter."""


@pytest.fixture(scope="module")
def world(postgres_server: str, database_template: str) -> Iterator[World]:
    """A site whose administrator asks with an API key, with one thing of each kind."""
    database_url = fresh_database(postgres_server, database_template)
    with running_site(database_url) as site, requests.Session() as session:
        key, ids = asyncio.run(_furnish(database_url, site.url))
        session.headers["Authorization"] = f"Bearer {key}"
        session.headers["X-Customer-Token"] = ids["customer_token"]
        yield World(site.url, session, ids)


async def _furnish(database_url: str, site_url: str) -> tuple[str, dict[str, str]]:
    """Make one of everything; return the administrator's API key and what was made."""
    database = Database(database_url)
    try:
        administrator = await make_user(database, "administrator")
        opened = await sign_in_row(database, administrator.id)
    finally:
        await database.aclose()
    async with browser(site_url, opened) as http:

        async def make(path: str, body: dict[str, Any], member: str = "id") -> str:
            answer = await http.post(path, json=body)
            assert answer.status_code == 201, (path, answer.text)
            return answer.json()[member]

        key = await make("/api/api-keys", {"name": "Schemathesis"}, "key")
        role = (await http.get("/api/roles")).json()[0]["id"]
        team_id = await make("/api/teams", {"name": "Sales"})
        user = {"name": "Ana", "email": "ana@example.org", "role_ids": [role], "team_id": team_id}
        user_id = await make("/api/users", {**user, "password": "correct horse battery"})
        queue_id = await make("/api/queues", {"name": "Sales", "slug": "sales", "team_id": team_id})
        ids = {
            "team_id": team_id,
            "user_id": user_id,
            "queue_id": queue_id,
            "slug": "sales",
            "group_id": await make("/api/groups", {"name": "Group"}),
            "role_id": await make("/api/roles", {"name": "Custom", "description": "", "grants": []}),
            "phone_id": await make("/api/phones", {"kind": "number", "label": "Home", "address": "+49301234567"}),
            "code_id": await make("/api/result-codes", {"code": "sale", "label": "Sale"}),
            "key_id": await make("/api/api-keys", {"name": "Other"}),
            "key": (await http.get("/api/policies")).json()[0]["key"],
        }
        call = {"queue_id": queue_id, "direction": "outbound", "phone_number": "+49301234567"}
        started = await http.post("/api/interactions", json=call)
        ids["interaction_id"] = started.json()["interaction_id"]
        ids["customer_token"] = started.json()["token"]
    return key, ids


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_what_its_description_promises(case: Any, world: World):
    for name in case.path_parameters or {}:
        # Half of the requests are about something that is there.
        if name in world.ids and zlib.crc32(repr(case).encode()) & 1:
            case.path_parameters[name] = world.ids[name]
    case.call_and_validate(base_url=world.url, session=world.session, checks=CHECKS, timeout=20)
