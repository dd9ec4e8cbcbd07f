"""Data of an interaction, result codes, the dialer, and the list by filters and keyset."""

from datetime import timedelta
from typing import Any

import pytest

from sideline.interactions import queries
from sideline.interactions.queries import InteractionFilters, list_interactions
from sideline.kit.problems import Invalid, Problem
from sideline.rules.call import LiveState
from sideline.rules.permissions import Everything, Nothing, Permission, Reach, Scope, Teams
from tests.support.interactions import Line, make_queue
from tests.support.people import Api, make_role, make_team, make_user


async def numbers(line: Line, scope: Reach | None = None, order: Any = "newest", **filters: Any) -> list[int]:
    async with line.database.reading() as connection:
        page = await list_interactions(connection, scope or Everything(), InteractionFilters(**filters), order)
    return [each.number for each in page.items]


async def dialer(line: Line) -> Any:
    role = await make_role(
        line.database,
        (Permission.SET_INTERACTION_DATA, Scope.ALL),
        (Permission.VIEW_INTERACTIONS, Scope.ALL),
        (Permission.VIEW_QUEUES, Scope.ALL),
    )
    return await line.api.sign_in(await make_user(line.database, role, team=None))


async def test_dialer_makes_a_call_with_its_data_and_the_customers_token(line: Line) -> None:
    program = await dialer(line)
    body = {
        "queue_id": line.queue_id,
        "phone_number": "+351 210 000 000",
        "campaign": "spring",
        "list_name": "Lisbon",
        "external_id": "crm-7",
        "customer_name": "Ana",
    }

    made = (await program.post("/api/interactions", json=body)).json()

    agent = await line.agent()
    await line.connect(participant_id=made["participant_id"])
    await line.due()
    call = await agent.current()
    assert {name: call[name] for name in body if name != "queue_id"} == {
        name: value for name, value in body.items() if name != "queue_id"
    }
    assert call["direction"] == "outbound"
    visitor = await line.api.visitor(headers={"X-Customer-Token": made["token"]})
    assert (await visitor.get("/api/customer/call")).json()["number"] == made["number"]


async def test_dialer_sets_data_during_and_after_a_call(line: Line) -> None:
    program, agent = await dialer(line), await line.agent()
    caller = await line.talking(agent)
    path = f"/api/interactions/{caller.interaction_id}/data"

    changed = (await program.patch(path, json={"campaign": "spring", "external_id": "7"})).json()
    assert (changed["campaign"], changed["external_id"], changed["list_name"]) == ("spring", "7", "")
    await agent.does(caller, "end")
    changed = (await program.patch(path, json={"list_name": "Lisbon"})).json()
    assert (changed["campaign"], changed["list_name"]) == ("spring", "Lisbon")


async def test_data_is_set_only_by_who_may_and_seen_only_by_who_may(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    path = f"/api/interactions/{caller.interaction_id}/data"
    stranger = await line.agent()

    assert (await agent.http.patch(path, json={"campaign": "x"})).json()["code"] == "not_allowed"
    assert (await stranger.http.patch(path, json={"campaign": "x"})).status_code == 404
    assert (await agent.http.post("/api/interactions", json={"queue_id": line.queue_id})).status_code in (403, 404)


async def test_agent_sets_the_result_code_while_talking_and_in_wrap_up(line: Line) -> None:
    agent, sold, lost = await line.agent(), await line.result_code(), await line.result_code("lost", "Lost")
    caller = await line.talking(agent)

    assert (await agent.does(caller, "result-code", result_code_id=sold))["result_code"]["label"] == "Sold"
    await agent.does(caller, "end")
    assert (await agent.does(caller, "result-code", result_code_id=lost))["result_code"]["code"] == "lost"
    assert (await agent.desk())["wrap_up"]["result_code"]["code"] == "lost"
    await agent.is_refused(caller, "result-code", "not_found", result_code_id=line.queue_id)
    marks = [(each.kind, each.text) for each in (await line.timeline(caller)).marks]
    assert ("result_code", "Sold") in marks and ("result_code", "Lost") in marks


@pytest.mark.promise("V1")
async def test_list_is_narrowed_by_each_filter(line: Line, api: Api) -> None:
    program = await dialer(line)
    other_queue, other_slug = await make_queue(line.database, await make_team(api.database))
    agent = await line.agent()
    talking = await line.talking(agent)
    waiting = await line.caller()
    ended = await line.caller()
    await ended.hang_up()
    visitor = await api.visitor()
    elsewhere = (await visitor.post("/api/customer/calls", json={"queue_slug": other_slug})).json()["number"]
    await program.patch(
        f"/api/interactions/{waiting.interaction_id}/data", json={"campaign": "spring", "external_id": "7"}
    )

    assert set(await numbers(line)) == {talking.number, waiting.number, elsewhere}
    assert await numbers(line, state="ended") == [ended.number]
    assert len(await numbers(line, state="all")) == 4
    assert set(await numbers(line, team_ids=(line.team,))) == {talking.number, waiting.number}
    assert await numbers(line, queue_id=other_queue) == [elsewhere]
    assert await numbers(line, agent_id=agent.id) == [talking.number]
    assert await numbers(line, campaign="spring") == [waiting.number]
    assert await numbers(line, external_id="7") == [waiting.number]
    assert await numbers(line, live_state=LiveState.TALKING) == [talking.number]
    assert await numbers(line, medium="chat") == []


async def test_list_holds_only_what_the_scope_reaches(line: Line, api: Api) -> None:
    other_team = await make_team(api.database)
    _, slug = await make_queue(line.database, other_team)
    agent = await line.agent()
    mine = await line.talking(agent)
    unanswered = await line.caller()
    visitor = await api.visitor()
    elsewhere = (await visitor.post("/api/customer/calls", json={"queue_slug": slug})).json()["number"]

    assert await numbers(line, Nothing()) == []
    assert await numbers(line, Teams(frozenset({other_team}), "0" * 8 + "-0000-0000-0000-" + "0" * 12)) == [elsewhere]
    assert await numbers(line, Teams(frozenset(), agent.id)) == [mine.number]
    assert set(await numbers(line, Teams(frozenset({line.team}), agent.id))) == {mine.number, unanswered.number}


async def test_agent_who_transferred_a_call_away_still_sees_it_as_their_own(line: Line) -> None:
    giving, taking = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(giving)
    await giving.does(caller, "transfer", user_id=taking.id)
    await taking.does(caller, "answer")

    for agent in (giving, taking):
        assert await numbers(line, Teams(frozenset(), agent.id)) == [caller.number]


@pytest.mark.promise("V1")
async def test_pages_follow_one_another_without_gap_or_repeat_while_calls_come_and_go(line: Line) -> None:
    made = []
    for second in range(7):
        made.append((await line.caller(has_phone=False)).number)
        if second % 3:
            line.api.clock.move(timedelta(seconds=1))
    for order, expected in (("newest", made[::-1]), ("longest", made)):
        seen: list[int] = []
        cursor = None
        while True:
            async with line.database.reading() as connection:
                page = await list_interactions(
                    connection,
                    Everything(),
                    InteractionFilters(),
                    order,
                    cursor,
                    size=3,  # type: ignore[arg-type]
                )
            seen += [each.number for each in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(seen) == sorted(expected)
        assert len(seen) == len(set(seen))


async def test_rare_interactions_are_found_beyond_the_window_that_is_looked_through_first(
    line: Line, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_team = await make_team(api.database)
    _, slug = await make_queue(line.database, other_team)
    visitor = await api.visitor()
    rare = [(await visitor.post("/api/customer/calls", json={"queue_slug": slug})).json()["number"] for _ in range(3)]
    for _ in range(4):
        line.api.clock.move(timedelta(seconds=1))
        await line.caller(has_phone=False)
    monkeypatch.setattr(queries, "WINDOW", 2)
    queries.list_statement.cache_clear()

    assert sorted(await numbers(line, state="all", team_ids=(other_team,))) == sorted(rare)
    scope = Teams(frozenset({other_team}), await make_team(api.database))
    assert sorted(await numbers(line, scope, state="all")) == sorted(rare)
    queries.list_statement.cache_clear()


async def test_impossible_questions_are_answered_beside_the_field(line: Line) -> None:
    async with line.database.reading() as connection:
        with pytest.raises(Invalid) as invalid:
            await list_interactions(connection, Everything(), InteractionFilters(state="all"), "longest")
        assert set(invalid.value.fields) == {"order"}
        with pytest.raises(Invalid) as invalid:
            await list_interactions(
                connection, Everything(), InteractionFilters(agent_id="x", campaign="\0"), "newest", None, 0
            )
        assert set(invalid.value.fields) == {"agent_id", "campaign", "size"}
        for cursor in ("nonsense", "WzFd", "WyIyMDI1LTAxLTAxVDAwOjAwOjAwWiIsIngiXQ"):
            with pytest.raises(Problem) as problem:
                await list_interactions(connection, Everything(), InteractionFilters(), "newest", cursor)
            assert problem.value.status == 400
