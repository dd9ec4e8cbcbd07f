"""Every endpoint of the application × every shipped role × own team, other team, visitor."""

import importlib
import pkgutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from litestar.routes import HTTPRoute

from sideline.entry.composition import reactions
from sideline.entry.web import make_app
from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.settings import Settings
from sideline.rules.shipped_roles import SHIPPED_ROLES
from tests.api import endpoint_table
from tests.api.endpoint_table.shape import Case, Endpoint, Outcome, Side, World
from tests.support.people import Api, make_team, make_user
from tests.support.postgres import fresh_database

_STATUS = {401: Outcome.NOT_SIGNED_IN, 403: Outcome.REFUSED, 404: Outcome.HIDDEN}


def _table() -> list[Endpoint]:
    modules = [
        importlib.import_module(f"{endpoint_table.__name__}.{found.name}")
        for found in pkgutil.iter_modules(endpoint_table.__path__)
    ]
    return [endpoint for module in modules for endpoint in getattr(module, "ENDPOINTS", ())]


TABLE = _table()


@pytest.fixture(scope="module")
def worlds_database(postgres_server: str, database_template: str) -> str:
    return fresh_database(postgres_server, database_template)


@pytest.fixture(scope="module")
async def world(worlds_database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    url = worlds_database
    clock = SettableClock(datetime.now(UTC))
    database = Database(url, clock=clock, reactions=reactions())
    settings = Settings(var=tmp_path_factory.mktemp("var"), database_url=url, demo=False)
    api = Api(make_app(settings, database), database, clock)
    await api.start()
    teams = {Side.OWN: await make_team(database, "Own"), Side.OTHER: await make_team(database, "Other")}
    users = {
        role: await make_user(
            database,
            role,
            team=teams[Side.OWN],
            name=f"The {role}",
            supervises=[teams[Side.OWN]] if role == "supervisor" else [],
        )
        for role in SHIPPED_ROLES
    }
    # So that the one who asks is never the last.
    await make_user(database, "administrator", password="correct horse battery")
    agents = {side: await make_user(database, "agent", team=team) for side, team in teams.items()}
    yield World(api, teams, users, agents)
    await api.aclose()
    await database.aclose()


def _served(world: World) -> set[str]:
    return {
        f"{method} {route.path_format}"
        for route in world.api.app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS", "HEAD"}
        if route.path_format.startswith("/api/") and not route.path_format.startswith("/api/schema")
    }


async def test_every_endpoint_is_in_the_table_once(world: World):
    names = [endpoint.name for endpoint in TABLE]
    missing, stale = _served(world) - set(names), set(names) - _served(world)
    assert not missing, f"add a row to tests/api/endpoint_table/<slice>.py for: {sorted(missing)}"
    assert not stale, f"the application does not serve these rows any more: {sorted(stale)}"
    assert len(names) == len(set(names)), f"twice: {sorted({name for name in names if names.count(name) > 1})}"


async def test_the_table_lets_somebody_through_at_every_endpoint():
    closed = [
        endpoint.name
        for endpoint in TABLE
        if not any(endpoint.expected(role, side) == Outcome.DONE for role in endpoint.roles for side in endpoint.sides)
    ]
    assert closed == []


@pytest.mark.promise("P2")
@pytest.mark.promise("P3")
@pytest.mark.parametrize("endpoint", TABLE, ids=lambda endpoint: endpoint.name)
async def test_an_endpoint_answers_each_role_as_the_table_says(world: World, endpoint: Endpoint):
    wrong: list[str] = []
    for role in endpoint.roles:
        for side in endpoint.sides:
            expected = endpoint.expected(role, side)
            if said := await _ask(endpoint, Case(world, side, role, world.users[role]), expected):
                wrong.append(f"{role}, {side}: {said}")
    if said := await _ask(endpoint, Case(world, Side.OWN, "agent", None), endpoint.visitor):
        wrong.append(f"visitor: {said}")
    assert not wrong, "\n".join(wrong)


async def _ask(endpoint: Endpoint, case: Case, expected: Outcome) -> str:
    """Ask once; return what is wrong with the answer, or nothing."""
    asked = await endpoint.asks(case)
    things = {side: await endpoint.thing(case.world, side) for side in Side} if endpoint.thing else {}
    client = await (case.api.sign_in(case.me) if case.me else case.api.visitor())
    answer = await client.request(
        endpoint.method,
        endpoint.path.format_map(asked.path),
        json=asked.json,
        params=asked.query,
        headers=asked.headers,
    )
    got = Outcome.DONE if answer.status_code in endpoint.done else _STATUS.get(answer.status_code)
    if got != expected:
        return f"expected {expected}, got {answer.status_code} {answer.text[:300]}"
    if got == Outcome.DONE and endpoint.listed and endpoint.shows:
        return _compare_list(endpoint, case, things, set(endpoint.listed(answer.json())))
    return ""


def _compare_list(endpoint: Endpoint, case: Case, things: dict[Side, str], listed: set[str]) -> str:
    assert endpoint.shows is not None
    for side, thing in things.items():
        is_expected = endpoint.shows(case.role, side) == Outcome.DONE
        if is_expected != (thing in listed):
            return f"the {side}'s should {'' if is_expected else 'not '}be in the list"
    return ""
