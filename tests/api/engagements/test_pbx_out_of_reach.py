"""A PBX out of reach, a voice node's next life, a database that is away: nobody is said to hear what is not known."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, update

from sideline.engagements.call_plan import calls_of_node, read_wanted
from sideline.engagements.switchboard import Switchboard
from sideline.engagements.tasks import ANSWER_WITHIN, RUNG_WITHIN, PhonesThatStayAway
from sideline.interactions.call_facts import load_call, save_step
from sideline.interactions.call_nodes import move_call
from sideline.interactions.models import InteractionRow, ParticipantRow, VoiceNodeRow
from sideline.interactions.voice_nodes import begin_life, note_away, note_reached
from sideline.interactions.wake import VOICE
from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.timers import Timers
from sideline.rules.call import QUEUE, CallState, Happened, Happening, Step, left, moved, with_seats
from sideline.voice.engine import CallPlan, PbxEnded, PbxGiven, PbxStays, PbxTaken, PhoneOutcome
from tests.api.engagements.test_switchboard import (
    WatchedEngine,
    give_back,
    is_refused,
    state_becomes,
    switchboard_of,
    take_away,
)
from tests.support.engagements import Floor, LiveCall, Person, events_of
from tests.support.interactions import heard
from tests.support.people import Api
from tests.support.rung_phones import DESK, Phones, api_on_asterisk, customer_is, pbx_call, phones_of, select_phone


@pytest.fixture
async def api(database: Database, clock: SettableClock, tmp_path: Path) -> AsyncIterator[Api]:
    async with api_on_asterisk(database, clock, tmp_path) as api:
        yield api


@pytest.fixture
async def phones(floor: Floor) -> AsyncIterator[Phones]:
    async with phones_of(floor) as phones:
        yield phones


async def desk_supervisor(floor: Floor) -> Person:
    """Make a supervisor whose phone is a desk phone; their browser is connected as well."""
    supervisor = await floor.supervisor()
    # Nobody has another's.
    await select_phone(supervisor, {**DESK, "address": f"sip:desk-{supervisor.user.id}@pbx.example.org"})
    return supervisor


async def call_of(floor: Floor) -> LiveCall:
    return await pbx_call(floor, await floor.agent())


async def works_off(floor: Floor) -> None:
    """Let the worker look at what is due."""
    await Timers(floor.database, [PhonesThatStayAway()]).run_due()


async def segments_of(person: Person, call: LiveCall) -> list[tuple[str, str]]:
    """Return mode and end reason of each stretch that was heard."""
    detail = (await person.http.get(f"/api/interactions/{call.id}")).json()
    return [(each["mode"], each["end_reason"]) for each in detail["engagement_segments"]]


@pytest.mark.promise("V10")
async def test_while_the_pbx_is_out_of_reach_nobody_is_said_to_hear_and_a_phone_that_is_found_again_goes_on(
    floor: Floor, phones: Phones
):
    supervisor, call = await desk_supervisor(floor), await call_of(floor)
    engagement = await phones.start(supervisor, call)
    await floor.switch(supervisor, engagement, "coach")
    wanted = (await floor.read_wanted(call)).plan.phones
    async with events_of(floor.database) as events:
        phones.exchange.engine_down()
        await phones.settled()
        lost = await floor.mine(supervisor)
        phones.exchange.engine_up()
        await phones.settled()
        assert (await floor.mine(supervisor))["state"] == "lost"
        await phones.become(call, engagement, PhoneOutcome.ANSWERED)
    assert (lost["state"], lost["mode"], lost["phone_state"]) == ("lost", "coach", "ringing")
    back = await floor.mine(supervisor)
    assert (back["state"], back["mode"], back["phone_state"]) == ("active", "coach", "up")
    assert [event["type"] for event in events if "engagement" in event] == ["engagement.lost", "engagement.resumed"]
    assert await segments_of(supervisor, call) == [("monitor", "switched"), ("coach", "lost"), ("coach", "")]
    assert (await floor.read_wanted(call)).plan.phones == wanted


@pytest.mark.promise("V10")
async def test_a_browser_is_confirmed_anew_when_the_pbx_is_back_and_not_before(floor: Floor, phones: Phones):
    supervisor, call, own = await floor.supervisor(), await call_of(floor), await floor.call(await floor.agent())
    listener = await floor.supervisor()
    await floor.start(supervisor, call)
    await floor.start(listener, own)
    engine = WatchedEngine()
    async with switchboard_of(floor, engine) as board:
        board.pbx_away()
        phones.exchange.engine_down()
        await phones.exchange.settled()
        assert (await floor.mine(supervisor))["state"] == "lost"
        # The call is looked at while the PBX is away: what the engine takes is not in force.
        await _goes_round(board, engine, call)
        assert (await floor.mine(supervisor))["state"] == "lost"
        assert (await floor.mine(listener))["state"] == "active"
        board.pbx_back()
        phones.exchange.engine_up()
        await state_becomes(floor, supervisor, "active")
    assert await segments_of(supervisor, call) == [("monitor", "lost"), ("monitor", "")]


async def test_a_pbx_that_goes_away_while_a_plan_is_applied_has_confirmed_nothing(floor: Floor, phones: Phones):
    supervisor, call = await floor.supervisor(), await call_of(floor)
    await floor.try_start(supervisor, call)
    engine = WatchedEngine()
    engine.may_apply.clear()
    async with switchboard_of(floor, engine) as board:
        await engine.until(lambda: len(engine.applied) == 1)
        board.pbx_away()
        board.pbx_back()
        # The round that was under way, and no other, comes to its end: it says nothing.
        engine.may_apply.set()
        engine.may_apply.clear()
        await engine.until(lambda: len(engine.applied) == 2)
        assert (await floor.mine(supervisor))["state"] == "connecting"
        engine.may_apply.set()
        await state_becomes(floor, supervisor, "active")


async def test_a_loss_that_is_written_late_wakes_the_call_so_that_it_is_confirmed_anew(floor: Floor, phones: Phones):
    supervisor, call = await floor.supervisor(), await call_of(floor)
    await floor.start(supervisor, call)
    async with heard(floor.database, VOICE) as payloads:
        phones.exchange.engine_down()
        await phones.exchange.settled()
        async with asyncio.timeout(10):
            assert await payloads.get() == f"{floor.node_id}:call:{call.id}"
    assert (await floor.read_wanted(call)).is_news


@pytest.mark.promise("V10")
async def test_an_answer_from_before_the_pbx_was_lost_counts_no_more_but_a_refusal_does(floor: Floor, phones: Phones):
    supervisor, other = await desk_supervisor(floor), await desk_supervisor(floor)
    call = await call_of(floor)
    answered, refused = await floor.start(supervisor, call), await floor.start(other, call)
    for engagement, outcome in ((answered, PhoneOutcome.ANSWERED), (refused, PhoneOutcome.REFUSED)):
        phones.note(call, engagement, outcome)
    phones.exchange.engine_down()
    await phones.settled()
    mine = await floor.mine(supervisor)
    assert (mine["state"], mine["phone_state"]) == ("connecting", "ringing")
    assert await floor.mine(other) is None


async def test_of_a_phone_the_newest_that_was_told_counts(floor: Floor, phones: Phones):
    supervisor, call = await desk_supervisor(floor), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    async with events_of(floor.database) as events:
        phones.note(call, engagement, PhoneOutcome.ANSWERED)
        phones.note(call, engagement, PhoneOutcome.HUNG_UP)
        await phones.settled()
    assert [event["type"] for event in events if "engagement" in event] == ["engagement.ended"]


@pytest.mark.promise("V10")
@pytest.mark.parametrize("is_call_found_first", [True, False])
async def test_what_the_next_life_of_the_node_finds_connected_goes_on(
    floor: Floor, phones: Phones, is_call_found_first: bool
):
    supervisor, call = await desk_supervisor(floor), await call_of(floor)
    engagement = await phones.start(supervisor, call)
    await _next_life(floor)
    async with phones_of(floor) as anew:
        mine = await floor.mine(supervisor)
        assert (mine["state"], mine["phone_state"]) == ("lost", "ringing")
        if is_call_found_first:
            await _is_found(floor, call)
        await anew.become(call, engagement, PhoneOutcome.ANSWERED)
        if not is_call_found_first:
            assert (await floor.mine(supervisor))["state"] == "lost"
            await _is_found(floor, call)
        await floor.settled()
        assert (await floor.mine(supervisor))["state"] == "active"
    assert await segments_of(supervisor, call) == [("monitor", "lost"), ("monitor", "")]


@pytest.mark.promise("V10")
async def test_a_phone_that_the_next_life_rings_anew_has_its_whole_time_and_then_the_engagement_ends(
    floor: Floor, phones: Phones, clock: SettableClock
):
    supervisor, ringing, call = await desk_supervisor(floor), await desk_supervisor(floor), await call_of(floor)
    await phones.start(supervisor, call)
    clock.move(timedelta(seconds=20))
    await floor.start(ringing, call)
    clock.move(timedelta(seconds=30))
    await _next_life(floor)
    await _is_found(floor, call)
    async with phones_of(floor):
        clock.move(RUNG_WITHIN - timedelta(seconds=1))
        await works_off(floor)
        assert ((await floor.mine(supervisor))["state"], (await floor.mine(ringing))["state"]) == (
            "lost",
            "connecting",
        )
        clock.move(timedelta(seconds=1))
        async with events_of(floor.database) as events:
            await works_off(floor)
    ended = {
        event["engagement"]["supervisor"]["id"]: event["engagement"]["end_reason"]
        for event in events
        if event["type"] == "engagement.ended"
    }
    assert ended == {supervisor.id: "engine_lost", ringing.id: "no_answer"}


@pytest.mark.promise("V10")
@pytest.mark.parametrize(("is_back", "reason"), [(False, "pbx_away"), (True, "no_answer")])
async def test_a_phone_that_could_not_be_connected_is_not_blamed_while_the_pbx_is_away(
    floor: Floor, clock: SettableClock, is_back: bool, reason: str
):
    supervisor, call = await floor.supervisor(), await call_of(floor)
    assert (await floor.try_start(supervisor, call)).status_code == 201
    async with floor.database.transaction() as tx:
        await note_away(tx, floor.node_id)
        if is_back:
            await note_reached(tx, floor.node_id)
    clock.move(ANSWER_WITHIN)
    async with events_of(floor.database) as events:
        await works_off(floor)
    (ended,) = [event["engagement"] for event in events if event["type"] == "engagement.ended"]
    assert ended["end_reason"] == reason


@pytest.mark.promise("V10")
async def test_nobody_takes_a_call_over_whose_pbx_is_away(floor: Floor, phones: Phones):
    supervisor, call = await floor.supervisor(), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    async with floor.database.transaction() as tx:
        await note_away(tx, floor.node_id)
    answer = await floor.try_switch(supervisor, engagement, "barge_kick")
    assert (answer.status_code, answer.json()["code"]) == (409, "pbx_away")
    # What runs already is ended by nobody.
    assert (await floor.mine(supervisor))["state"] == "active"
    async with floor.database.transaction() as tx:
        await note_reached(tx, floor.node_id)
    await floor.switch(supervisor, engagement, "barge_kick")


@pytest.mark.promise("V10")
async def test_what_was_told_while_the_database_is_away_is_written_when_it_is_back(floor: Floor, postgres_server: str):
    supervisor, call = await desk_supervisor(floor), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    own = Database(floor.database.url)
    try:
        await asyncio.to_thread(take_away, postgres_server, own.url)
        async with phones_of(floor, own) as phones:
            phones.note(call, engagement, PhoneOutcome.ANSWERED)
            await is_refused(own)
            await asyncio.to_thread(give_back, postgres_server, own.url)
            # The test's own connections are dead as well.
            await floor.database.engine.dispose()
            await phones.settled()
            assert (await floor.mine(supervisor))["state"] == "active"
    finally:
        await own.aclose()


async def test_a_take_over_that_the_pbx_refuses_ends_with_that_reason_and_gives_the_seat_back(
    floor: Floor, phones: Phones
):
    supervisor, call = await desk_supervisor(floor), await call_of(floor)
    await floor.switch(supervisor, await phones.start(supervisor, call), "barge_kick")
    async with events_of(floor.database) as events, floor.database.transaction() as tx:
        loaded = await load_call(tx, call.id)
        seat = loaded.call.in_control
        assert seat is not None
        after = with_seats(loaded.call, left(seat), moved(loaded.call.customer, QUEUE), state=CallState.WAITING)
        await save_step(tx, loaded, Step(after, (Happened(Happening.TAKE_OVER_FAILED, seat.id),)))
    (ended,) = [event["engagement"] for event in events if event["type"] == "engagement.ended"]
    assert ended["end_reason"] == "take_over_failed"
    assert ended["end_text"] == "The telephone system didn't let you take the call over; the agent still has it."
    assert await floor.mine(supervisor) is None


async def test_the_plan_says_whose_the_customer_is(floor: Floor):
    call = await call_of(floor)
    assert (await floor.read_wanted(call)).plan.place == PbxStays()
    await customer_is(floor, call, "taken")
    assert (await floor.read_wanted(call)).plan.place == PbxTaken(call.customer, "")
    await customer_is(floor, call, "given", "600")
    assert (await floor.read_wanted(call)).plan.place == PbxGiven(call.customer, "600")


@pytest.mark.parametrize("place", ["taken", "ended"])
async def test_a_customer_whom_sideline_has_is_hung_up_when_the_call_ends_also_by_a_later_life(
    floor: Floor, place: str
):
    call, other = await call_of(floor), await call_of(floor)
    await customer_is(floor, call, place)
    await floor.settled()
    await _ends(floor, call)
    await _ends(floor, other)
    wanted = await floor.read_wanted(call)
    assert wanted.is_over
    assert wanted.plan == CallPlan(wanted.plan.version, {}, frozenset(), PbxEnded(call.customer))
    assert (await floor.read_wanted(other)).plan.place == PbxStays()
    assert await _calls(floor) == [call.id]
    former = floor.node_id
    async with floor.database.transaction() as tx:
        floor.node_id = await begin_life(tx, (await tx.session.get_one(VoiceNodeRow, former)).name, "asterisk")
    assert await _calls(floor) == [call.id]
    assert (await floor.read_wanted(call)).plan.place == PbxEnded(call.customer)
    floor.node_id = former
    await floor.settled()
    assert floor.engine.plans[call.id].place == PbxEnded(call.customer)
    assert await _calls(floor) == []


async def test_nobody_on_a_pbxs_call_is_heard_through_a_browser_but_supervisors(floor: Floor):
    call = await call_of(floor)
    async with floor.database.transaction() as tx:
        await tx.session.execute(update(ParticipantRow).where(ParticipantRow.id == call.agent).values(pbx_party_id=""))
    assert set((await floor.read_wanted(call)).plan.phones) == {call.customer}


async def test_a_call_that_another_node_has_is_no_longer_this_ones_to_touch(floor: Floor):
    call = await call_of(floor)
    await customer_is(floor, call, "taken")
    await floor.move_call_elsewhere(call)
    wanted = await floor.read_wanted(call)
    assert (wanted.is_over, wanted.plan.phones, wanted.plan.place) == (True, {}, PbxStays())


async def _goes_round(board: Switchboard, engine: WatchedEngine, call: LiveCall) -> None:
    """Let the call be looked at, and what follows from it be written: its next round has begun then."""
    for _ in range(2):
        applied = len(engine.applied)
        board.call_changed(call.id)
        await engine.until(lambda applied=applied: len(engine.applied) > applied)


async def _next_life(floor: Floor) -> None:
    """Let the floor's node begin another life."""
    async with floor.database.transaction() as tx:
        name = (await tx.session.get_one(VoiceNodeRow, floor.node_id)).name
        floor.node_id = await begin_life(tx, name, "asterisk")
        await tx.session.execute(
            update(VoiceNodeRow).where(VoiceNodeRow.id == floor.node_id).values(lease_until=tx.now + timedelta(days=1))
        )


async def _is_found(floor: Floor, call: LiveCall) -> None:
    """Let the node's new life find a call that an earlier one had."""
    async with floor.database.transaction() as tx:
        loaded = await load_call(tx, call.id)
        await move_call(tx, loaded.row, loaded.call, floor.node_id)


async def _ends(floor: Floor, call: LiveCall) -> None:
    async with floor.database.transaction() as tx:
        await tx.session.execute(
            update(InteractionRow)
            .where(InteractionRow.id == call.id)
            .values(state="ended", live_state="ended", ended_at=tx.now, version=InteractionRow.version + 1)
        )


async def _calls(floor: Floor) -> list[str]:
    async with floor.database.reading() as connection:
        return await calls_of_node(connection, floor.node_id)


async def test_reading_what_is_wanted_of_a_call_is_one_statement(floor: Floor):
    supervisor, call = await floor.supervisor(), await call_of(floor)
    await floor.start(supervisor, call)
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    engine = floor.database.engine.sync_engine
    async with floor.database.reading() as connection:
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert await read_wanted(connection, floor.node_id, call.id) is not None
        finally:
            event.remove(engine, "before_cursor_execute", note)
    assert len(seen) == 1
