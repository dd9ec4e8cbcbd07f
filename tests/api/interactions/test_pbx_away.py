"""A PBX that can't be reached: its calls may go on, nobody begins to supervise them, and they don't last for ever."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from sideline.interactions.pbx_tasks import UNFOLLOWED_FOR
from sideline.interactions.tasks import sources
from sideline.interactions.voice_nodes import begin_life_if_free, end_life, note_reached, renew
from sideline.kit.timers import Timers
from tests.support.engagements import Floor, LiveCall, Person, events_of
from tests.support.pbx_calls import Pbx, shown, talks

AWAY = "The telephone system can't be reached right now; the call may go on there. Try again in a moment."

MINUTE = timedelta(minutes=1)


async def can_not_reach(_: Floor, pbx: Pbx) -> None:
    """The engine tells that its PBX is gone."""
    pbx.exchange.engine_down()
    await pbx.notes()


async def is_followed_by_nobody(floor: Floor, pbx: Pbx) -> None:
    """The voice process ends."""
    async with floor.database.transaction() as tx:
        await end_life(tx, pbx.node_id)


async def begins_in_vain(floor: Floor, pbx: Pbx) -> str:
    """Another life of the PBX's node begins, with a wrong password say; return its id."""
    await is_followed_by_nobody(floor, pbx)
    async with floor.database.transaction() as tx:
        node_id = await begin_life_if_free(tx, pbx.name, "asterisk", "voice-1")
    assert node_id is not None
    return node_id


async def reaches(floor: Floor, node_id: str) -> None:
    async with floor.database.transaction() as tx:
        await note_reached(tx, node_id)


async def told(floor: Floor, person: Person, call: LiveCall) -> dict[str, str | None]:
    """Return for each mode why a supervisor may not begin with the agent, as a list of interactions shows it."""
    answer = await person.http.get("/api/interactions", params={"state": "live"})
    (row,) = [each for each in answer.json()["items"] if each["id"] == call.id]
    refusals = {mode: each["refusal"] for mode, each in row["targets"][call.agent].items()}
    return {mode: refusal and refusal["text"] for mode, refusal in refusals.items()}


async def state(floor: Floor, call: LiveCall) -> tuple[str, str]:
    """Let the worker look at what is due; return how the call stands then, and why it ended."""
    await Timers(floor.database, sources()).run_due()
    seen = await shown(floor, call, await floor.person("administrator"))
    return seen["state"], seen["end_reason"]


def reach_changes(events: list[dict[str, Any]]) -> list[set[str]]:
    return [event["topics"] for event in events if event["type"] == "pbx.reach_changed"]


@pytest.mark.promise("V21")
@pytest.mark.parametrize("goes_away", [can_not_reach, is_followed_by_nobody, begins_in_vain])
async def test_calls_of_a_pbx_that_is_away_say_so_and_nobody_begins_to_supervise_them(
    floor: Floor, pbx: Pbx, ana: Person, goes_away: Callable[[Floor, Pbx], Awaitable[object]]
):
    supervisor = await floor.supervisor()
    call = await pbx.sees("call", talks("1001"))
    assert (await told(floor, supervisor, call))["monitor"] is None
    async with events_of(floor.database) as events:
        await goes_away(floor, pbx)
    # Every screen asks again, once.
    assert reach_changes(events) == [{"organisation"}]
    assert set((await told(floor, supervisor, call)).values()) == {AWAY}
    answer = await floor.try_start(supervisor, call)
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (409, "pbx_away", AWAY)
    assert (await shown(floor, call, supervisor))["state"] == "talking"


@pytest.mark.promise("V21")
async def test_who_is_back_is_supervised_again(floor: Floor, pbx: Pbx, ana: Person):
    supervisor = await floor.supervisor()
    call = await pbx.sees("call", talks("1001"))
    await can_not_reach(floor, pbx)
    async with events_of(floor.database) as events:
        pbx.exchange.engine_up()
        await pbx.notes()
    assert len(reach_changes(events)) == 1
    assert (await floor.try_start(supervisor, call)).status_code == 201


async def test_the_same_again_tells_nothing_and_the_newest_counts(floor: Floor, pbx: Pbx, ana: Person):
    supervisor = await floor.supervisor()
    call = await pbx.sees("call", talks("1001"))
    await can_not_reach(floor, pbx)
    async with events_of(floor.database) as events:
        await can_not_reach(floor, pbx)
        pbx.exchange.engine_up()
        await can_not_reach(floor, pbx)
    assert reach_changes(events) == []
    assert (await floor.try_start(supervisor, call)).json()["code"] == "pbx_away"


async def test_what_a_life_that_is_over_says_of_its_pbx_counts_no_more(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    await begins_in_vain(floor, pbx)
    pbx.exchange.engine_up()
    await pbx.notes()
    assert (await floor.try_start(await floor.supervisor(), call)).json()["code"] == "pbx_away"


async def test_calls_of_sidelines_own_are_supervised_while_the_pbx_is_away(floor: Floor, pbx: Pbx):
    call = await floor.call(await floor.agent())
    await can_not_reach(floor, pbx)
    assert (await floor.try_start(await floor.supervisor(), call)).status_code == 201


@pytest.mark.promise("V21")
async def test_call_is_over_half_a_day_after_its_pbx_was_last_reached(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    await can_not_reach(floor, pbx)
    floor.api.clock.move(UNFOLLOWED_FOR - MINUTE)
    assert await state(floor, call) == ("talking", "")
    floor.api.clock.move(MINUTE)
    assert await state(floor, call) == ("ended", "vanished")


@pytest.mark.promise("V21")
async def test_lives_that_never_reach_the_pbx_keep_no_call_alive(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    for _ in range(3):
        pbx.node_id = await begins_in_vain(floor, pbx)
        floor.api.clock.move(UNFOLLOWED_FOR / 3 - MINUTE)
        # Its process lives, and says so.
        async with floor.database.transaction() as tx:
            assert await renew(tx, pbx.node_id)
        assert await state(floor, call) == ("talking", "")
    floor.api.clock.move(3 * MINUTE)
    assert await state(floor, call) == ("ended", "vanished")


@pytest.mark.promise("V21")
async def test_life_that_reaches_the_pbx_keeps_its_calls(floor: Floor, pbx: Pbx, ana: Person):
    call = await pbx.sees("call", talks("1001"))
    node_id = await begins_in_vain(floor, pbx)
    floor.api.clock.move(UNFOLLOWED_FOR - MINUTE)
    await reaches(floor, node_id)
    floor.api.clock.move(2 * UNFOLLOWED_FOR)
    assert await state(floor, call) == ("talking", "")
