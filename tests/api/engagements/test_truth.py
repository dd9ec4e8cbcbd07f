"""Never a false "active": connecting, lost, back, given up; the voice process away or dead (V8, V10)."""

from datetime import timedelta

import pytest

from sideline.engagements.tasks import ANSWER_WITHIN, PhonesThatStayAway
from sideline.kit.clock import SettableClock
from sideline.kit.timers import Timers
from tests.support.engagements import Floor, events_of


async def given_up(floor: Floor) -> None:
    """Let the worker look at what is due."""
    await Timers(floor.database, [PhonesThatStayAway()]).run_due()


@pytest.mark.promise("V10")
async def test_an_engagement_is_active_only_after_the_voice_engine_confirmed_it(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    answer = await floor.try_start(supervisor, call)
    assert (answer.json()["state"], answer.json()["started_at"]) == ("connecting", None)
    assert (await floor.mine(supervisor))["state"] == "connecting"
    await floor.settled()
    mine = await floor.mine(supervisor)
    assert mine["state"] == "active"
    assert mine["segment_started_at"] == mine["started_at"]


async def test_a_switch_counts_from_the_moment_it_is_heard(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    switched = await floor.try_switch(supervisor, engagement, "coach")
    assert (switched.json()["mode"], switched.json()["segment_started_at"]) == ("coach", None)
    assert await floor.shown_to(agent) == []
    await floor.settled()
    assert (await floor.mine(supervisor))["segment_started_at"] is not None


@pytest.mark.promise("V10")
async def test_a_phone_that_is_elsewhere_is_asked_over_and_the_engagement_waits_for_it(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.move_phone_elsewhere(supervisor)
    async with events_of(floor.database) as heard:
        answer = await floor.try_start(supervisor, call)
        await floor.settled()
    assert answer.status_code == 201
    (wanted,) = [event for event in heard if event["type"] == "leg.reconnect_wanted"]
    assert wanted["topics"] == {f"user:{supervisor.id}"}
    assert (await floor.mine(supervisor))["state"] == "connecting"
    assert answer.json()["id"] not in floor.engine.plans[call.id].phones


@pytest.mark.promise("V10")
async def test_a_phone_that_does_not_answer_in_time_ends_it_with_that_reason(floor: Floor, clock: SettableClock):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.move_phone_elsewhere(supervisor)
    await floor.try_start(supervisor, call)
    clock.move(ANSWER_WITHIN - timedelta(seconds=1))
    await given_up(floor)
    assert (await floor.mine(supervisor))["state"] == "connecting"
    clock.move(timedelta(seconds=1))
    async with events_of(floor.database) as heard:
        await given_up(floor)
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert (ended["end_reason"], ended["end_text"]) == ("no_answer", "Your phone didn't connect in time.")
    assert await floor.mine(supervisor) is None


async def test_a_clock_that_was_put_back_leaves_no_engagement_waiting_for_ever(floor: Floor, clock: SettableClock):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.move_phone_elsewhere(supervisor)
    await floor.try_start(supervisor, call)
    clock.move(timedelta(days=-1))
    await given_up(floor)
    assert await floor.mine(supervisor) is None


@pytest.mark.promise("V8")
async def test_a_lost_phone_closes_the_segment_and_coming_back_opens_one_in_the_same_mode(
    floor: Floor, clock: SettableClock
):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    await floor.switch(supervisor, engagement, "coach")
    clock.move(timedelta(seconds=5))
    async with events_of(floor.database) as heard:
        await floor.lose_phone(supervisor)
        await floor.settled()
        lost = await floor.mine(supervisor)
        clock.move(timedelta(seconds=3))
        await floor.bring_phone_back(supervisor)
        await floor.settled()
    assert (lost["state"], lost["mode"], lost["segment_started_at"]) == ("lost", "coach", None)
    back = await floor.mine(supervisor)
    assert (back["state"], back["mode"]) == ("active", "coach")
    assert back["segment_started_at"] > back["started_at"] == lost["started_at"]
    assert [event["type"] for event in heard if "engagement" in event] == ["engagement.lost", "engagement.resumed"]
    shown = [event["supervisors"] for event in heard if event["type"] == "engagement.shown_to_agent"]
    assert [len(each) for each in shown] == [0, 1]
    detail = (await supervisor.http.get(f"/api/interactions/{call.id}")).json()
    assert [(each["mode"], each["end_reason"]) for each in detail["engagement_segments"]] == [
        ("monitor", "switched"),
        ("coach", "lost"),
        ("coach", ""),
    ]


@pytest.mark.promise("V8")
async def test_a_phone_that_stays_away_ends_the_engagement_and_says_why(floor: Floor, clock: SettableClock):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.start(supervisor, call)
    await floor.lose_phone(supervisor)
    clock.move(timedelta(seconds=14))
    await given_up(floor)
    assert (await floor.mine(supervisor))["state"] == "lost"
    clock.move(timedelta(seconds=1))
    async with events_of(floor.database) as heard:
        await given_up(floor)
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert ended["end_reason"] == "phone_lost"
    assert ended["end_text"].startswith("Your phone lost its connection")


async def test_a_phone_that_is_closed_ends_the_engagement(floor: Floor):
    supervisor = await floor.supervisor()
    await floor.start(supervisor, await floor.call(await floor.agent()))
    await floor.lose_phone(supervisor)
    await floor.give_phone_up(supervisor)
    assert await floor.mine(supervisor) is None


async def test_who_took_over_and_lost_their_phone_gives_the_customer_back_to_the_queue(
    floor: Floor, clock: SettableClock
):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.switch(supervisor, await floor.start(supervisor, call), "barge_kick")
    await floor.lose_phone(supervisor)
    clock.move(timedelta(seconds=15))
    await given_up(floor)
    assert await floor.mine(supervisor) is None
    watcher = await floor.supervisor()
    assert (await watcher.http.get(f"/api/interactions/{call.id}")).json()["state"] == "waiting"


async def test_a_confirmation_that_comes_after_the_phone_was_lost_makes_nothing_active(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.try_start(supervisor, call)
    late = await floor.read_wanted(call)
    await floor.lose_phone(supervisor)
    await floor.confirm(call, late)
    assert (await floor.mine(supervisor))["state"] != "active"


async def test_a_confirmation_of_what_is_no_longer_wanted_opens_no_segment(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    await floor.try_switch(supervisor, engagement, "coach")
    late = await floor.read_wanted(call)
    await floor.try_switch(supervisor, engagement, "barge")
    await floor.confirm(call, late)
    detail = (await supervisor.http.get(f"/api/interactions/{call.id}")).json()
    assert [each["mode"] for each in detail["engagement_segments"]] == ["monitor"]
    await floor.settled()
    detail = (await supervisor.http.get(f"/api/interactions/{call.id}")).json()
    assert [each["mode"] for each in detail["engagement_segments"]] == ["monitor", "barge"]


async def test_each_change_of_an_engagement_makes_a_newer_plan_and_leaves_the_interactions_version(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    wanted = [await floor.read_wanted(call)]
    engagement = (await floor.try_start(supervisor, call)).json()
    wanted.append(await floor.read_wanted(call))
    await floor.settled()
    for verb, body in (("switch", {"mode": "barge"}), ("mute", {"is_muted": True}), ("stop", None)):
        await supervisor.http.post(f"/api/engagements/{engagement['id']}/{verb}", json=body)
        wanted.append(await floor.read_wanted(call))
    versions = [each.plan.version for each in wanted]
    assert versions == sorted(set(versions))
    assert len({each.version for each in wanted}) == 1


async def test_a_call_that_moves_to_another_voice_node_takes_its_supervisors_along(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.start(supervisor, call)
    async with events_of(floor.database) as heard:
        await floor.move_call_elsewhere(call)
    assert (await floor.mine(supervisor))["state"] == "lost"
    asked = [event for event in heard if event["type"] == "leg.reconnect_wanted"]
    assert {f"user:{supervisor.id}"} in [event["topics"] for event in asked]


async def test_a_clock_that_jumps_back_leaves_no_segment_shorter_than_nothing(floor: Floor, clock: SettableClock):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    clock.move(timedelta(hours=-1))
    assert (await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")).status_code == 200
    (segment,) = (await supervisor.http.get(f"/api/interactions/{call.id}")).json()["engagement_segments"]
    assert segment["ended_at"] == segment["started_at"]
