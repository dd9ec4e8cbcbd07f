"""Desk phones and numbers as a supervisor's phone on a PBX's call: rung, answered or not, kept, hung up (V8, V10)."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sideline.engagements.tasks import RUNG_WITHIN, PhonesThatStayAway
from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.ids import new_id
from sideline.kit.timers import Timers
from sideline.voice.engine import BrowserPhone, NumberPhone, PbxPhone, PhoneOutcome, SipPhone
from tests.support.engagements import Floor, LiveCall, Person, events_of
from tests.support.people import Api
from tests.support.rung_phones import (
    DESK,
    MOBILE,
    Phones,
    api_on_asterisk,
    browser_of,
    customer_is,
    party_of,
    pbx_call,
    phones_of,
    plan_of,
    select_again,
    select_phone,
    supervisor_with,
)

NUMBER = "+351910000000"


@pytest.fixture
async def api(database: Database, clock: SettableClock, tmp_path: Path) -> AsyncIterator[Api]:
    async with api_on_asterisk(database, clock, tmp_path) as api:
        yield api


@pytest.fixture
async def phones(floor: Floor) -> AsyncIterator[Phones]:
    async with phones_of(floor) as phones:
        yield phones


async def call_of(floor: Floor) -> LiveCall:
    return await pbx_call(floor, await floor.agent())


async def detail(person: Person, call: LiveCall) -> dict[str, Any]:
    answer = await person.http.get(f"/api/interactions/{call.id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def works_off(floor: Floor) -> None:
    """Let the worker look at what is due."""
    await Timers(floor.database, [PhonesThatStayAway()]).run_due()


@pytest.mark.promise("V10")
@pytest.mark.parametrize("auto_answer", [True, False])
async def test_a_desk_phone_is_rung_as_it_was_selected_and_the_engagement_begins_when_it_answers(
    floor: Floor, phones: Phones, clock: SettableClock, auto_answer: bool
):
    supervisor, call = await supervisor_with(floor, DESK, auto_answer=auto_answer), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    assert plan_of(floor, call).phones[engagement["id"]] == SipPhone(DESK["address"], auto_answer)
    mine = await floor.mine(supervisor)
    assert (mine["state"], mine["started_at"], mine["phone_kind"], mine["phone_state"], mine["phone_auto_answer"]) == (
        "connecting",
        None,
        "sip",
        "ringing",
        auto_answer,
    )
    clock.move(timedelta(seconds=7))
    async with events_of(floor.database) as heard:
        await phones.become(call, engagement, PhoneOutcome.ANSWERED)
    mine = await floor.mine(supervisor)
    assert (mine["state"], mine["phone_state"]) == ("active", "up")
    waited = datetime.fromisoformat(mine["started_at"]) - datetime.fromisoformat(mine["requested_at"])
    assert waited == timedelta(seconds=7)
    assert [event["type"] for event in heard if "engagement" in event] == ["engagement.started"]
    assert floor.hears(call, engagement["id"]) == {call.agent, call.customer}


@pytest.mark.promise("V10")
async def test_a_number_is_rung_through_the_pbx_and_must_be_picked_up(floor: Floor, phones: Phones):
    supervisor, call = await supervisor_with(floor, MOBILE), await call_of(floor)
    me = (await supervisor.http.get("/api/me")).json()
    assert (me["phone"]["address"], me["phone_kinds"]) == (NUMBER, ["browser", "sip", "number"])
    engagement = await floor.start(supervisor, call)
    assert plan_of(floor, call).phones[engagement["id"]] == NumberPhone(NUMBER)
    # The call changes meanwhile, and the engine has every change in force.
    await customer_is(floor, call, "stays")
    await floor.settled()
    assert not (await floor.read_wanted(call)).is_news
    assert (await floor.mine(supervisor))["state"] == "connecting"
    assert (await detail(supervisor, call))["engagement_segments"] == []
    await phones.become(call, engagement, PhoneOutcome.ANSWERED)
    assert (await floor.mine(supervisor))["state"] == "active"


@pytest.mark.promise("V10")
@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        ("no_answer", "Your phone rang and wasn't answered in time."),
        ("busy", "Your phone was busy."),
        ("refused", "Your phone refused the call."),
        (
            "unreachable",
            "Your phone couldn't be reached: it isn't registered, or its address or number leads nowhere.",
        ),
    ],
)
@pytest.mark.parametrize("phone", [DESK, MOBILE], ids=["sip", "number"])
async def test_a_phone_that_does_not_answer_ends_the_engagement_with_that_reason(
    floor: Floor, phones: Phones, phone: dict[str, Any], outcome: str, text: str
):
    supervisor, call = await supervisor_with(floor, phone), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    async with events_of(floor.database) as heard:
        await phones.become(call, engagement, PhoneOutcome(outcome))
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert (ended["end_reason"], ended["end_text"], ended["started_at"]) == (outcome, text, None)
    assert await floor.mine(supervisor) is None
    assert engagement["id"] not in plan_of(floor, call).phones
    assert (await detail(supervisor, call))["state"] == "talking"
    await phones.start(supervisor, call)
    assert (await floor.mine(supervisor))["state"] == "active"


@pytest.mark.promise("V10")
@pytest.mark.promise("V15")
@pytest.mark.parametrize(
    ("outcome", "reason", "text"),
    [
        ("hung_up", "supervisor_stopped", "You stopped."),
        ("lost", "phone_lost", "Your phone lost its connection and didn't come back in time."),
    ],
)
async def test_a_phone_that_was_up_and_is_hung_up_or_lost_ends_it_while_agent_and_customer_go_on(
    floor: Floor, phones: Phones, outcome: str, reason: str, text: str
):
    supervisor, call = await supervisor_with(floor, DESK), await call_of(floor)
    engagement = await phones.start(supervisor, call)
    await floor.switch(supervisor, engagement, "coach")
    async with events_of(floor.database) as heard:
        await phones.become(call, engagement, PhoneOutcome(outcome))
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert (ended["end_reason"], ended["end_text"]) == (reason, text)
    assert [each["end_reason"] for each in (await detail(supervisor, call))["engagement_segments"]] == [
        "switched",
        reason,
    ]
    assert set(plan_of(floor, call).phones) == {call.agent, call.customer}
    assert floor.hears(call, call.customer) == {call.agent}
    assert floor.hears(call, call.agent) == {call.customer}


@pytest.mark.promise("V8")
@pytest.mark.promise("V10")
@pytest.mark.parametrize("phone", [DESK, MOBILE], ids=["sip", "number"])
async def test_no_switch_rings_the_phone_anew_nor_does_taking_the_call_over(
    floor: Floor, phones: Phones, phone: dict[str, Any]
):
    supervisor, call = await supervisor_with(floor, phone), await call_of(floor)
    engagement = await phones.start(supervisor, call)
    before = plan_of(floor, call).phones
    assert len(before) == 3
    for mode, target in (("coach", None), ("barge", None), ("monitor", call.customer), ("coach", call.agent)):
        more = {} if target is None else {"target_participant_id": target}
        await floor.switch(supervisor, engagement, mode, **more)
        assert plan_of(floor, call).phones == before, mode
        mine = await floor.mine(supervisor)
        assert (mine["state"], mine["mode"], mine["phone_state"]) == ("active", mode, "up")
    await floor.switch(supervisor, engagement, "barge_kick")
    mine = await floor.mine(supervisor)
    assert (mine["state"], mine["mode"]) == ("active", "barge_kick")
    assert plan_of(floor, call).phones[engagement["id"]] == before[engagement["id"]]
    assert floor.hears(call, call.customer) == {engagement["id"]}
    segments = (await detail(supervisor, call))["engagement_segments"]
    assert [each["mode"] for each in segments] == ["monitor", "coach", "barge", "monitor", "coach", "barge_kick"]


@pytest.mark.promise("V10")
async def test_another_phone_selected_meanwhile_is_for_the_next_engagement(floor: Floor, phones: Phones):
    supervisor, call = await supervisor_with(floor, DESK), await call_of(floor)
    engagement = await phones.start(supervisor, call)
    before = plan_of(floor, call).phones
    await select_phone(supervisor, MOBILE)
    await floor.switch(supervisor, engagement, "coach")
    assert plan_of(floor, call).phones == before
    assert (await floor.mine(supervisor))["phone_address"] == DESK["address"]
    await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    following = await floor.start(supervisor, call)
    assert plan_of(floor, call).phones[following["id"]] == NumberPhone(NUMBER)


@pytest.mark.promise("V10")
async def test_a_browser_that_is_selected_is_the_phone_on_a_pbxs_call_too(floor: Floor, phones: Phones):
    supervisor, call = await floor.supervisor(), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    assert plan_of(floor, call).phones == {
        call.customer: PbxPhone(await party_of(floor, call.customer)),
        call.agent: PbxPhone(await party_of(floor, call.agent)),
        engagement["id"]: BrowserPhone(await floor.leg_of(supervisor)),
    }
    mine = await floor.mine(supervisor)
    assert (mine["state"], mine["phone_kind"], mine["phone_state"]) == ("active", "browser", "")
    # No phone of a browser is rung, so nothing that is told of rung phones is about it.
    await phones.become(call, engagement, PhoneOutcome.HUNG_UP)
    assert (await floor.mine(supervisor))["state"] == "active"


@pytest.mark.promise("V10")
async def test_a_call_of_sidelines_own_is_heard_with_the_browser_whatever_is_selected(floor: Floor):
    supervisor = await floor.supervisor()
    await select_phone(supervisor, DESK)
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    assert plan_of(floor, call).phones[engagement["id"]] == BrowserPhone(await floor.leg_of(supervisor))
    assert (await floor.mine(supervisor))["state"] == "active"


@pytest.mark.promise("V10")
async def test_a_supervisor_with_a_desk_phone_and_no_browser_reads_which_calls_it_reaches(floor: Floor):
    supervisor = await supervisor_with(floor, DESK)
    on_pbx, own = await call_of(floor), await floor.call(await floor.agent())
    rows = (await supervisor.http.get("/api/interactions")).json()["items"]
    offered = {row["id"]: row["targets"] for row in rows}
    assert offered[on_pbx.id][on_pbx.agent]["monitor"] == {"allowed": True, "refusal": None}
    assert offered[own.id][own.agent]["monitor"]["refusal"]["code"] == "browser_phone_needed"
    assert (await detail(supervisor, on_pbx))["targets"] == offered[on_pbx.id]
    refused = await floor.try_start(supervisor, own)
    assert (refused.status_code, refused.json()["code"]) == (409, "browser_phone_needed")
    assert refused.json()["detail"] == (
        "This call is heard in the browser only; select your browser as your phone first."
    )
    # And the other way round: the browser is selected and not connected.
    await select_again(supervisor, await browser_of(supervisor))
    for call in (on_pbx, own):
        assert (await floor.try_start(supervisor, call)).json()["code"] == "no_phone"


@pytest.mark.promise("V7")
@pytest.mark.promise("V10")
async def test_a_call_is_taken_over_only_once_the_phone_has_answered(floor: Floor, phones: Phones):
    await floor.policy(observe_first=False)
    supervisor, call = await supervisor_with(floor, DESK), await call_of(floor)
    targets = (await detail(supervisor, call))["targets"][call.agent]
    assert targets["barge_kick"]["refusal"]["code"] == "phone_must_answer_first"
    refused = await floor.try_start(supervisor, call, "barge_kick")
    assert (refused.status_code, refused.json()["code"]) == (409, "phone_must_answer_first")
    engagement = await floor.start(supervisor, call, "barge")
    early = await floor.try_switch(supervisor, engagement, "barge_kick")
    assert (early.status_code, early.json()["code"]) == (409, "engagement_not_connected")
    await phones.become(call, engagement, PhoneOutcome.ANSWERED)
    await floor.switch(supervisor, engagement, "barge_kick")
    assert floor.hears(call, call.customer) == {engagement["id"]}


@pytest.mark.promise("V10")
@pytest.mark.parametrize(("outcome", "reason"), [("hung_up", "supervisor_stopped"), ("lost", "phone_lost")])
async def test_who_took_over_and_whose_phone_is_gone_leaves_the_customer_to_the_queue(
    floor: Floor, phones: Phones, outcome: str, reason: str
):
    supervisor, call = await supervisor_with(floor, DESK), await call_of(floor)
    engagement = await phones.start(supervisor, call)
    await floor.switch(supervisor, engagement, "barge_kick")
    async with events_of(floor.database) as heard:
        await phones.become(call, engagement, PhoneOutcome(outcome))
    assert [event["engagement"]["end_reason"] for event in heard if event["type"] == "engagement.ended"] == [reason]
    assert await floor.mine(supervisor) is None
    assert (await detail(await floor.supervisor(), call))["state"] == "waiting"


@pytest.mark.promise("V10")
async def test_facts_that_come_late_or_are_of_another_call_change_nothing(floor: Floor, phones: Phones):
    supervisor, call, other = await supervisor_with(floor, DESK), await call_of(floor), await call_of(floor)
    first = await phones.start(supervisor, call)
    await supervisor.http.post(f"/api/engagements/{first['id']}/stop")
    second = await phones.start(supervisor, call)
    for outcome in PhoneOutcome:
        await phones.tell(call.id, first["id"], outcome)
        await phones.tell(other.id, second["id"], outcome)
        await phones.tell(call.id, call.agent, outcome)
        await phones.tell(new_id(), new_id(), outcome)
        await phones.tell("call-1", "nobody", outcome)
    mine = await floor.mine(supervisor)
    assert (mine["id"], mine["state"]) == (second["id"], "active")


@pytest.mark.promise("V10")
async def test_a_browser_that_comes_and_goes_is_nothing_to_an_engagement_on_a_desk_phone(floor: Floor, phones: Phones):
    supervisor, call = await floor.supervisor(), await call_of(floor)
    await select_phone(supervisor, DESK)
    await phones.start(supervisor, call)
    async with events_of(floor.database) as heard:
        await floor.lose_phone(supervisor)
        await floor.bring_phone_back(supervisor)
        await floor.close_phone(supervisor)
        await floor.settled()
    assert (await floor.mine(supervisor))["state"] == "active"
    assert [event["type"] for event in heard if "engagement" in event] == []


@pytest.mark.promise("V10")
async def test_a_customer_who_hangs_up_ends_it_while_the_phone_still_rings(floor: Floor, phones: Phones):
    supervisor, call = await supervisor_with(floor, MOBILE), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    async with events_of(floor.database) as heard:
        await floor.customer_hangs_up(call)
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert ended["end_reason"] == "customer_left"
    assert plan_of(floor, call).phones == {}
    await phones.become(call, engagement, PhoneOutcome.ANSWERED)
    assert await floor.mine(supervisor) is None


@pytest.mark.promise("V10")
async def test_stop_while_it_rings_lets_the_phone_ring_no_longer(floor: Floor, phones: Phones):
    supervisor, call = await supervisor_with(floor, MOBILE), await call_of(floor)
    engagement = await floor.start(supervisor, call)
    stopped = await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    assert stopped.status_code == 200
    await floor.settled()
    assert engagement["id"] not in plan_of(floor, call).phones


@pytest.mark.promise("V10")
async def test_a_phone_of_which_nothing_is_ever_told_ends_it_after_its_ringing_and_not_before(
    floor: Floor, clock: SettableClock
):
    supervisor, call = await supervisor_with(floor, DESK), await call_of(floor)
    await floor.start(supervisor, call)
    # The engine rings for 30 seconds, and tells then.
    clock.move(RUNG_WITHIN - timedelta(seconds=1))
    await works_off(floor)
    assert (await floor.mine(supervisor))["state"] == "connecting"
    clock.move(timedelta(seconds=1))
    async with events_of(floor.database) as heard:
        await works_off(floor)
    (ended,) = [event["engagement"] for event in heard if event["type"] == "engagement.ended"]
    assert ended["end_reason"] == "no_answer"
    assert await floor.mine(supervisor) is None


async def test_the_address_of_a_phone_is_told_to_its_supervisor_alone(floor: Floor, phones: Phones):
    supervisor, colleague, call = await supervisor_with(floor, MOBILE), await floor.supervisor(), await call_of(floor)
    async with events_of(floor.database) as heard:
        engagement = await phones.start(supervisor, call)
    assert engagement["phone_address"] == (await floor.mine(supervisor))["phone_address"] == NUMBER
    assert NUMBER not in str(heard)
    for path in (f"/api/interactions/{call.id}", "/api/coach-manager/users"):
        answer = await colleague.http.get(path)
        assert supervisor.name in answer.text or answer.status_code == 403
        assert NUMBER not in answer.text
