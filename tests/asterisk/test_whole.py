"""Sideline's processes beside a real Asterisk, by HTTP, socket and sound."""

import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sideline.rules.audibility import Listening, Mode, Party, Purpose, World
from sideline.voice.webrtc.sound import tone
from tests.support.coached_call import LONGEST_WHISPER, hears, last_heard
from tests.support.pbx_stack import AGENT, COLLEAGUE, OUTSIDE, SARA, TOM, PbxStack, Play, running_pbx_stack
from tests.support.sip_phones import Answers, SipPhone
from tests.support.sound import HERTZ
from tests.support.voice_stack import Person, until

TALKING = (Party("customer", Purpose.CUSTOMER, "main"), Party("agent", Purpose.AGENT, "main"))
"""Who sits on the call, by the names of their tones."""


@pytest.fixture
async def pbx(database_url: str, tmp_path: Path, asterisk_root: Path) -> AsyncIterator[PbxStack]:
    async with running_pbx_stack(database_url, tmp_path, asterisk_root) as stack:
        yield stack


def supervised(mode: Mode) -> World:
    return World(TALKING, (Listening("sara", "agent", mode),))


def participant(call: dict[str, Any], purpose: str) -> dict[str, Any]:
    return next(each for each in call["participants"] if each["purpose"] == purpose and each["state"] == "joined")


async def press(supervisor: Person, call: dict[str, Any], mode: str) -> None:
    """Press the button of a mode, and return when it is confirmed."""
    told = len(supervisor.events)
    mine = await supervisor.mine()
    if mine is None:
        target = participant(call, "agent")["id"]
        body = {"interaction_id": call["id"], "target_participant_id": target, "mode": mode}
        await supervisor.ask("POST", "/api/engagements", **body)
    else:
        await supervisor.ask("POST", f"/api/engagements/{mine['id']}/switch", mode=mode)
    await supervisor.becomes_active(told)


@pytest.mark.promise("V2")
@pytest.mark.promise("V4")
@pytest.mark.promise("V6")
@pytest.mark.promise("V7")
@pytest.mark.promise("V8")
@pytest.mark.promise("V10")
@pytest.mark.promise("V20")
async def test_a_desk_phone_supervises_a_call_of_the_pbx_from_monitor_to_taking_it_over(pbx: PbxStack) -> None:
    agent = await pbx.desk_person("agent", AGENT)
    sara = await pbx.desk_person("supervisor", SARA)
    phones = {
        "agent": await pbx.lab.phone(AGENT, HERTZ["agent"]),
        "customer": await pbx.lab.phone(OUTSIDE, HERTZ["customer"]),
        "sara": await pbx.lab.phone(SARA, HERTZ["sara"]),
    }
    await pbx.talk(phones["customer"], phones["agent"])
    call = await pbx.call(sara, lambda call: call["state"] == "talking")
    assert participant(call, "agent")["name"] == agent.name
    assert (call["direction"], call["phone_number"]) == ("inbound", OUTSIDE)
    play = Play(**phones)
    await play.act(World(TALKING))
    for mode in (Mode.MONITOR, Mode.COACH, Mode.BARGE, Mode.MONITOR, Mode.COACH):
        start = play.acts[-1].end
        await press(sara, call, mode)
        await play.act(supervised(mode), start)
    invitations = [method for _, method in phones["sara"].requests if method == "INVITE"]
    assert len(invitations) == 1, "a switch rang the supervisor's phone again"
    start = play.acts[-1].end
    await press(sara, call, "barge_kick")
    await play.act(World((TALKING[0], Party("sara", Purpose.SUPERVISOR, "main"))), start)
    play.judge()
    await phones["agent"].closed()
    assert (await agent.ask("GET", "/api/me"))["presence"]["status"] == "wrap_up"
    history = (await sara.ask("GET", "/api/coach-manager/history"))["items"]
    assert [row["type"] for row in history] == ["coach", "monitor", "barge", "coach", "monitor"]
    await sara.ask("POST", f"/api/interactions/{call['id']}/end")
    await phones["customer"].closed()


@pytest.mark.promise("V7")
async def test_who_took_a_call_over_holds_it_and_gives_it_to_another_agent(pbx: PbxStack) -> None:
    await pbx.desk_person("agent", AGENT)
    colleague = await pbx.desk_person("agent", COLLEAGUE)
    sara = await pbx.desk_person("supervisor", SARA)
    phones = {
        "agent": await pbx.lab.phone(AGENT, HERTZ["agent"]),
        "colleague": await pbx.lab.phone(COLLEAGUE, HERTZ["colleague"]),
        "customer": await pbx.lab.phone(OUTSIDE, HERTZ["customer"]),
        "sara": await pbx.lab.phone(SARA, HERTZ["sara"]),
    }
    await pbx.talk(phones["customer"], phones["agent"])
    call = await pbx.call(sara, lambda call: call["state"] == "talking")
    await press(sara, call, "monitor")
    await press(sara, call, "barge_kick")
    took = Party("sara", Purpose.SUPERVISOR, "main")
    play = Play(**phones)
    await play.act(World((TALKING[0], took)))

    start = play.acts[-1].end
    await sara.ask("POST", f"/api/interactions/{call['id']}/hold")
    await play.act(World((Party("customer", Purpose.CUSTOMER, "held"), took), music_groups=frozenset({"held"})), start)
    start = play.acts[-1].end
    await sara.ask("POST", f"/api/interactions/{call['id']}/resume")
    await play.act(World((TALKING[0], took)), start)

    await sara.ask("POST", f"/api/interactions/{call['id']}/transfer", user_id=colleague.id)
    await phones["colleague"].established()
    # Until then the customer hears the PBX ring, which is two tones near their own.
    await phones["colleague"].sound()
    await play.ears.dwell()
    await play.act(World((TALKING[0], Party("colleague", Purpose.AGENT, "main"))))
    play.judge()
    now = await pbx.call(sara, lambda call: call["state"] == "talking")
    assert now["id"] == call["id"]
    assert participant(now, "agent")["name"] == colleague.name
    assert await sara.mine() is None


@pytest.mark.promise("V10")
async def test_a_phone_that_is_busy_ends_the_session_with_that_reason(pbx: PbxStack) -> None:
    await pbx.desk_person("agent", AGENT)
    sara = await pbx.desk_person("supervisor", SARA)
    agent, customer = await pbx.lab.phone(AGENT, HERTZ["agent"]), await pbx.lab.phone(OUTSIDE, HERTZ["customer"])
    await pbx.lab.phone(SARA, HERTZ["sara"], answers=Answers.BUSY)
    await pbx.talk(customer, agent)
    call = await pbx.call(sara, lambda call: call["state"] == "talking")
    target = participant(call, "agent")["id"]
    body = {"interaction_id": call["id"], "target_participant_id": target, "mode": "monitor"}
    await sara.ask("POST", "/api/engagements", **body)
    ended = await sara.event(lambda event: event["type"] == "engagement.ended")
    assert ended["engagement"]["end_reason"] == "busy"


@pytest.mark.promise("V15")
async def test_customer_hangs_up_and_nobody_is_left_on_the_line(pbx: PbxStack) -> None:
    await pbx.desk_person("agent", AGENT)
    sara = await pbx.desk_person("supervisor", SARA)
    agent, customer = await pbx.lab.phone(AGENT, HERTZ["agent"]), await pbx.lab.phone(OUTSIDE, HERTZ["customer"])
    desk = await pbx.lab.phone(SARA, HERTZ["sara"])
    await pbx.talk(customer, agent)
    call = await pbx.call(sara, lambda call: call["state"] == "talking")
    await press(sara, call, "monitor")
    await customer.hangup()
    ended = await sara.event(lambda event: event["type"] == "engagement.ended")
    assert ended["engagement"]["end_reason"] == "customer_left"
    await desk.closed()

    async def nothing_is_left() -> bool:
        return (await pbx.lab.console("core show channels count")).startswith("0 active channels")

    await until(nothing_is_left)


async def call_beside_a_browser(pbx: PbxStack) -> tuple[Person, SipPhone, SipPhone, dict[str, Any]]:
    """Return a supervisor in the browser, an agent's and a customer's telephone that talk, and that call."""
    await pbx.desk_person("agent", AGENT)
    sara = await pbx.stack.person("supervisor", tone=tone(HERTZ["sara"]))
    agent, customer = await pbx.lab.phone(AGENT, HERTZ["agent"]), await pbx.lab.phone(OUTSIDE, HERTZ["customer"])
    await pbx.talk(customer, agent)
    return sara, agent, customer, await pbx.call(sara, lambda call: call["state"] == "talking")


@pytest.mark.promise("V10")
@pytest.mark.promise("V20")
async def test_a_browser_supervises_a_call_of_the_pbx(pbx: PbxStack) -> None:
    sara, agent, customer, call = await call_beside_a_browser(pbx)
    play = Play(agent=agent, customer=customer, sara=sara)
    await play.act(World(TALKING))
    for mode in (Mode.MONITOR, Mode.COACH, Mode.BARGE, Mode.MONITOR):
        start = play.acts[-1].end
        await press(sara, call, mode)
        await play.act(supervised(mode), start)
    start = play.acts[-1].end
    mine = await sara.mine()
    await sara.ask("POST", f"/api/engagements/{mine['id']}/stop")
    await play.act(World(TALKING), start)
    play.judge()


@pytest.mark.promise("V10")
@pytest.mark.promise("V21")
async def test_a_browser_coaches_on_once_an_asterisk_that_stood_still_goes_on(pbx: PbxStack) -> None:
    sara, agent, _, call = await call_beside_a_browser(pbx)
    await press(sara, call, "monitor")
    await press(sara, call, "coach")
    await hears(agent, "customer", "sara")
    told = len(sara.events)
    os.kill(pbx.lab.pid, signal.SIGSTOP)
    await sara.event(lambda event: event["type"] == "engagement.lost", told)
    os.kill(pbx.lab.pid, signal.SIGCONT)
    await sara.event(lambda event: event["type"] == "engagement.resumed", told)
    await hears(agent, "customer", "sara")
    assert (await sara.mine())["mode"] == "coach"


@pytest.mark.promise("V10")
@pytest.mark.promise("V21")
async def test_a_browser_coaches_on_once_its_voice_process_that_was_killed_is_back(pbx: PbxStack) -> None:
    sara, agent, _, call = await call_beside_a_browser(pbx)
    await press(sara, call, "monitor")
    await press(sara, call, "coach")
    await hears(agent, "customer", "sara")
    (voice,) = pbx.stack.voices
    told, killed = len(sara.events), time.monotonic()
    await voice.kill()
    await hears(agent, "customer")
    whispered = last_heard(agent, "sara", killed)
    assert whispered < LONGEST_WHISPER
    await voice.start()
    begun = time.monotonic()
    await sara.event(lambda event: event["type"] == "engagement.resumed", told)
    seconds = time.monotonic() - begun
    await hears(agent, "customer", "sara")
    assert (await sara.mine())["mode"] == "coach"
    assert "engagement.ended" not in [event["type"] for event in sara.events[told:]]
    print(f"whisper {whispered:.2f} s, coaching again {seconds:.2f} s after its next life began")


@pytest.mark.promise("V5")
@pytest.mark.promise("V20")
async def test_two_supervisors_on_a_call_of_the_pbx_hear_it_and_not_each_others_coaching(pbx: PbxStack) -> None:
    await pbx.desk_person("agent", AGENT)
    sara, tom = await pbx.desk_person("supervisor", SARA), await pbx.desk_person("supervisor", TOM)
    phones = {
        "agent": await pbx.lab.phone(AGENT, HERTZ["agent"]),
        "customer": await pbx.lab.phone(OUTSIDE, HERTZ["customer"]),
        "sara": await pbx.lab.phone(SARA, HERTZ["sara"]),
        "tom": await pbx.lab.phone(TOM, HERTZ["tom"]),
    }
    await pbx.talk(phones["customer"], phones["agent"])
    call = await pbx.call(sara, lambda call: call["state"] == "talking")
    await press(sara, call, "monitor")
    await press(sara, call, "coach")
    await press(tom, call, "monitor")
    mine = await tom.mine()
    refused = await tom.http.post(f"/api/engagements/{mine['id']}/switch", json={"mode": "coach"})
    assert refused.status_code == 409
    assert sara.name in refused.json()["detail"]
    play = Play(**phones)
    both = (Listening("sara", "agent", Mode.COACH), Listening("tom", "agent", Mode.MONITOR))
    await play.act(World(TALKING, both))
    play.judge()
