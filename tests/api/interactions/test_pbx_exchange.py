"""What a PBX's engine tells is written in its order, also when the database was away (V21)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from sideline.entry.composition import reactions
from sideline.interactions import pbx_exchange
from sideline.kit.db import Database, database_name
from sideline.voice.engine import LegAnswered, PbxCallGone, PbxCallSeen, PbxCallsSeen
from tests.support.engagements import Floor, Person
from tests.support.pbx_calls import Pbx, give_desk_phone, pbx_call, running_pbx, shown, talks
from tests.support.postgres import execute, with_database


def seen(call_id: str, endpoint: str = "1001", **facts: Any) -> PbxCallSeen:
    return PbxCallSeen(pbx_call(call_id, talks(endpoint), **facts))


async def states(floor: Floor, pbx: Pbx, *call_ids: str) -> dict[str, list[str]]:
    """The states of what each call has become."""
    administrator = await floor.person("administrator")
    found: dict[str, list[str]] = {}
    for call_id in call_ids:
        answers = [await administrator.http.get(f"/api/interactions/{id_}") for id_ in await pbx.ids(call_id)]
        found[call_id] = [answer.json()["state"] for answer in answers]
    return found


async def test_newest_of_each_call_wins(floor: Floor, pbx: Pbx, ana: Person):
    await pbx.notes(seen("call"), seen("call", is_held=True), seen("call"), seen("call", is_held=True))
    assert await states(floor, pbx, "call") == {"call": ["held"]}
    await pbx.notes(seen("call"), PbxCallGone("call"))
    assert await states(floor, pbx, "call") == {"call": ["ended"]}


async def test_what_was_told_of_a_call_only_as_it_ended_is_written(floor: Floor, pbx: Pbx, ana: Person):
    administrator = await floor.person("administrator")
    made = await administrator.http.post("/api/result-codes", json={"code": "LATE", "label": "Told late"})
    assert made.status_code == 201, made.text
    await pbx.notes(seen("call", campaign="Spring"))
    last = pbx_call("call", talks("1001"), campaign="Autumn", list_name="Returns", result_code="LATE")
    await pbx.notes(
        seen("call", campaign="Autumn"), PbxCallGone("call", call=last), PbxCallGone("never seen", call=last)
    )
    call = await shown(floor, await pbx.call("call"))
    assert (call["state"], call["campaign"], call["list_name"]) == ("ended", "Autumn", "Returns")
    assert call["result_code"]["code"] == "LATE"
    assert await pbx.ids("never seen") == []


async def test_a_call_that_is_seen_again_after_it_was_over_is_a_new_one(floor: Floor, pbx: Pbx, ana: Person):
    await pbx.sees("call", talks("1001"))
    await pbx.gone("call")
    await pbx.sees("call", talks("1001"))
    assert await states(floor, pbx, "call") == {"call": ["ended", "talking"]}


async def test_whatever_the_engine_does_not_list_is_over_but_not_what_it_saw_since(floor: Floor, pbx: Pbx, ana: Person):
    await pbx.sees("over", talks("7001"))
    await pbx.sees("kept", talks("7002"))
    await pbx.notes(PbxCallsSeen(frozenset({"kept"})), seen("new", "7003"))
    expected = {"over": ["ended"], "kept": ["talking"], "new": ["talking"]}
    assert await states(floor, pbx, "over", "kept", "new") == expected


async def test_facts_about_phones_and_calls_that_nobody_knows_are_nobodys(floor: Floor, pbx: Pbx):
    await pbx.notes(LegAnswered("leg"), PbxCallGone("never seen"))
    assert await pbx.ids("never seen") == []


@pytest.mark.promise("V21")
async def test_what_happened_while_the_database_was_away_is_in_the_rows_once_it_is_back(
    floor: Floor, ana: Person, pbx: Pbx, postgres_server: str
):
    administrator, supervisor = await floor.person("administrator"), await floor.supervisor()
    await pbx.sees("held", talks("1001"))
    await pbx.sees("over", talks("7001"))
    observer, floor.database = floor.database, Database(floor.database.url, reactions=reactions())
    try:
        async with running_pbx(floor, pbx.name) as again:
            await asyncio.to_thread(_take_away, postgres_server, observer.url)
            for fact in (seen("held", is_held=True), PbxCallGone("over", "line of 7001"), seen("new", "7002")):
                again.exchange.note(fact)
            again.exchange.engine_down()
            with pytest.raises((SQLAlchemyError, OSError)):
                async with floor.database.reading() as connection:
                    await connection.exec_driver_sql("SELECT 1")
            await asyncio.to_thread(_give_back, postgres_server, observer.url)
            await again.notes()
            assert (await floor.try_start(supervisor, await again.call("held"))).json()["code"] == "pbx_away"
            answers = [await administrator.http.get(f"/api/interactions/{id_}") for id_ in await again.ids("over")]
            assert [answer.json()["end_reason"] for answer in answers] == ["agent_ended"]
            assert (await shown(floor, await again.call("held"), administrator))["state"] == "held"
            assert (await shown(floor, await again.call("new"), administrator))["state"] == "talking"
    finally:
        await floor.database.aclose()
        floor.database = observer


async def test_calls_that_came_and_went_while_the_database_was_away_are_forgotten_beyond_a_number(
    floor: Floor, pbx: Pbx, ana: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pbx_exchange, "MOST_FACTS", 10)
    await pbx.sees("over", talks("7001"))
    await pbx.sees("kept", talks("7002"))
    await pbx.only("over", "kept")
    for number in range(50):
        pbx.exchange.note(PbxCallGone(f"gone {number}"))
        pbx.exchange.note(PbxCallGone("over"))
    await pbx.notes(seen("new", "7003"))
    expected = {"over": ["ended"], "kept": ["talking"], "new": ["talking"]}
    assert await states(floor, pbx, "over", "kept", "new") == expected


async def test_desk_phone_added_while_the_process_was_deaf_is_known_when_it_looks_around(floor: Floor, pbx: Pbx):
    agent = await floor.agent()
    await give_desk_phone(agent, "1001@pbx")
    pbx.exchange.look_around()
    await pbx.learner.knows({"1001"})


def _take_away(server: str, url: str) -> None:
    name = database_name(url)
    postgres = with_database(server, "postgres")
    execute(postgres, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    execute(postgres, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def _give_back(server: str, url: str) -> None:
    execute(with_database(server, "postgres"), f'ALTER DATABASE "{database_name(url)}" ALLOW_CONNECTIONS true')
