"""What those on a call do with it, each control over HTTP."""

import asyncio

import pytest

from tests.support.interactions import Line
from tests.support.people import Api, make_team


async def test_agent_answers_and_talks_with_the_customer(line: Line) -> None:
    agent = await line.agent(name="Bea")
    caller = await line.rung(agent)

    call = await agent.does(caller, "answer")

    assert (call["state"], call["agent"]["name"]) == ("talking", "Bea")
    assert call["answered_at"] is not None
    assert await agent.presence() == "interacting"
    seen = await caller.call()
    assert (seen["state"], seen["agent_name"], seen["is_held"]) == ("talking", "Bea", False)


async def test_of_two_tabs_that_answer_at_once_one_is_told_that_it_rings_no_more(line: Line) -> None:
    agent = await line.agent()
    caller = await line.rung(agent)

    answers = await asyncio.gather(agent.ask(caller, "answer"), agent.ask(caller, "answer"))

    assert sorted(each.status_code for each in answers) == [200, 409]
    assert {each.json().get("code") for each in answers if each.status_code == 409} == {"not_ringing"}


async def test_agent_whose_phone_is_lost_cannot_answer(line: Line) -> None:
    agent = await line.agent()
    caller = await line.rung(agent)
    await line.lose(agent.id)

    await agent.is_refused(caller, "answer", "no_phone")
    await line.bring_back(agent.id)
    await agent.does(caller, "answer")


async def test_customer_on_hold_hears_that_from_the_page_and_is_resumed(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)

    held = await agent.does(caller, "hold")
    assert held["state"] == "held"
    assert "hold" not in held["abilities"]
    assert held["abilities"]["resume"]["allowed"]
    assert (await caller.call())["is_held"]

    resumed = await agent.does(caller, "resume")
    assert resumed["state"] == "talking"
    assert not (await caller.call())["is_held"]


async def test_agent_mutes_and_unmutes_themself(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)

    muted = await agent.does(caller, "mute")
    mine = next(each for each in muted["participants"] if each["id"] == muted["my_participant_id"])
    assert mine["is_muted"]
    assert "unmute" in muted["abilities"] and "mute" not in muted["abilities"]

    assert not any(each["is_muted"] for each in (await agent.does(caller, "unmute"))["participants"])


async def test_holding_a_held_customer_changes_nothing(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    held = await agent.does(caller, "hold")

    again = await agent.does(caller, "hold")

    assert again["version"] == held["version"]


@pytest.mark.promise("V15")
async def test_agent_ends_the_call_wraps_up_and_is_free_again(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)

    ended = await agent.does(caller, "end")

    assert (ended["state"], ended["end_reason"]) == ("ended", "agent_ended")
    assert (await caller.call())["state"] == "ended"
    desk = await agent.desk()
    assert desk["presence"]["status"] == "wrap_up"
    assert desk["wrap_up"]["id"] == caller.interaction_id
    assert desk["current"] == []

    await line.after(seconds=31)
    assert await agent.presence() == "on_queue"
    assert (await agent.desk())["wrap_up"] is None


async def test_customer_who_hangs_up_ends_the_call_whatever_its_state(line: Line) -> None:
    agent = await line.agent()
    waiting = await line.caller(has_phone=False)
    assert (await waiting.hang_up())["state"] == "ended"

    ringing = await line.rung(agent)
    await ringing.hang_up()
    assert await agent.presence() == "on_queue"
    assert (await agent.desk())["current"] == []

    held = await line.talking(agent)
    await agent.does(held, "hold")
    assert (await held.hang_up())["ended_reason"] == "customer_left"
    assert await agent.presence() == "wrap_up"
    await agent.is_refused(held, "resume", "call_ended")


async def test_hanging_up_twice_is_answered_the_same(line: Line) -> None:
    caller = await line.caller()
    assert await caller.hang_up() == await caller.hang_up()


async def test_someone_who_is_not_on_the_call_is_told_so_or_sees_no_call(line: Line, api: Api) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    supervisor = await line.person("supervisor", supervises=[line.team])
    other_team = await make_team(api.database)
    stranger = await line.person("supervisor", team=other_team, supervises=[other_team])

    await supervisor.is_refused(caller, "end", "not_on_call")
    await stranger.is_refused(caller, "end", "not_found")
    await (await line.agent()).is_refused(caller, "hold", "not_found")


async def test_agent_without_the_call_any_more_cannot_control_it(line: Line) -> None:
    first, second = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(first)
    await first.does(caller, "transfer", user_id=second.id)

    await first.is_refused(caller, "hold", "not_on_call")


async def test_a_control_given_twice_with_one_key_is_done_once(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    path, key = f"/api/interactions/{caller.interaction_id}/hold", {"Idempotency-Key": "hold-1"}

    first = await agent.http.post(path, headers=key)
    await agent.does(caller, "resume")
    replayed = await agent.http.post(path, headers=key)

    assert replayed.json() == first.json()
    assert (await agent.current())["state"] == "talking"


async def test_unknown_and_malformed_interactions_are_not_found(line: Line) -> None:
    agent = await line.agent()
    for name in ("0197a3c4-0000-7000-8000-000000000000", "not-an-id", "%00"):
        answer = await agent.http.post(f"/api/interactions/{name}/hold")
        assert answer.status_code == 404, answer.text
        assert answer.json()["code"] == "not_found"


async def test_timeline_shows_what_each_participant_did_and_for_how_long(line: Line) -> None:
    agent = await line.agent()
    caller = await line.caller()
    await line.after(seconds=4)
    await agent.does(caller, "answer")
    await line.after(seconds=10)
    await agent.does(caller, "hold")
    await line.after(seconds=5)
    await agent.does(caller, "resume")
    await agent.does(caller, "mute")
    await line.after(seconds=3)
    await agent.does(caller, "end")

    told = await line.timeline(caller)

    def of(participant_id: str) -> list[tuple[str, float]]:
        return [
            (each.kind, (each.ended_at - each.started_at).total_seconds())
            for each in told.segments
            if each.participant_id == participant_id
        ]

    assert of(caller.participant_id) == [("waiting", 4), ("talk", 10), ("hold", 5), ("talk", 3)]
    agent_id = next(each.participant_id for each in told.segments if each.participant_id != caller.participant_id)
    assert sorted(of(agent_id)) == sorted([("ringing", 0), ("talk", 10), ("hold", 5), ("talk", 3), ("mute", 3)])
    assert [each.kind for each in told.marks] == ["offered", "answered", "held", "resumed", "muted", "ended"]


async def test_a_key_used_for_another_query_of_the_same_path_is_refused(line: Line) -> None:
    agent = await line.agent()
    leg = await line.leg(agent.id)
    path, key = f"/api/legs/{leg.id}", {"Idempotency-Key": "hang-up-1"}
    older = await agent.http.delete(path, params={"generation": 1}, headers=key)
    assert older.is_success
    newer = await agent.http.delete(path, params={"generation": 2}, headers=key)
    assert (newer.status_code, newer.json()["code"]) == (409, "key_reused")
