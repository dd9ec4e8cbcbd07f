"""Supervisors' phones that don't do as they are asked, and people on the call who hang up."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sideline.rules.audibility import Party, Purpose, World
from tests.support.asterisk_lab import AsteriskLab
from tests.support.coached_call import (
    TALKING,
    CoachedCall,
    coached_call,
    comes_true,
    hears,
    invitations,
    seat,
)
from tests.support.pbx_stack import AGENT, DESKS, OUTSIDE, SARA, PbxStack, sideline_beside
from tests.support.sip_phones import Answers
from tests.support.sound import HERTZ
from tests.support.voice_stack import Person

BUSY, REFUSING, RINGING, UNPLUGGED = "1005", "1006", "1007", "1008"
"""Phones of supervisors."""


@pytest.fixture
async def pbx(database_url: str, tmp_path: Path, asterisk_root: Path) -> AsyncIterator[PbxStack]:
    async with (
        AsteriskLab(
            asterisk_root,
            phones=(*DESKS, BUSY, REFUSING, RINGING),
            unregistered=(UNPLUGGED,),
            outside=(OUTSIDE,),
            queues={"sales": [AGENT]},
        ) as lab,
        sideline_beside(lab, database_url, tmp_path) as stack,
    ):
        # A phone that is gone without a word is noticed by its silence, where Asterisk is told to.
        config = lab.folder / "etc" / "pjsip.conf"
        desk = f"[{SARA}](telephone)\n"
        config.write_text(config.read_text().replace(desk, f"{desk}rtp_timeout = 3\n"))
        await lab.console("module reload res_pjsip.so")
        yield stack


async def ask_to_monitor(coaching: CoachedCall, who: Person) -> dict[str, Any]:
    target = seat(coaching.call, "agent")["id"]
    body = {"interaction_id": coaching.call["id"], "target_participant_id": target, "mode": "monitor"}
    return await who.ask("POST", "/api/engagements", **body)


@pytest.mark.promise("V10")
async def test_a_phone_that_does_not_answer_is_rung_once_and_the_reason_is_told_and_one_may_try_again(
    pbx: PbxStack,
) -> None:
    coaching = await coached_call(pbx)
    people = {
        name: await pbx.desk_person("supervisor", name, auto_answer=False)
        for name in (BUSY, REFUSING, RINGING, UNPLUGGED)
    }
    busy = await pbx.lab.phone(BUSY, HERTZ["tom"], answers=Answers.BUSY)
    refusal = await pbx.lab.refusal(REFUSING)
    ringing = await pbx.lab.phone(RINGING, HERTZ["uma"], answers=Answers.MANUAL)
    for person in people.values():
        await ask_to_monitor(coaching, person)
    ends = {name: (await coaching.ended(person))["end_reason"] for name, person in people.items() if name != RINGING}
    assert ends == {BUSY: "busy", REFUSING: "refused", UNPLUGGED: "unreachable"}
    await ringing.incoming()
    assert (await people[RINGING].mine())["state"] == "connecting"
    # The caller gives up after 30 seconds.
    unanswered = await coaching.ended(people[RINGING])
    assert unanswered["end_reason"] == "no_answer"
    assert (invitations(busy), refusal.calls, invitations(ringing)) == (1, 1, 1)

    told = len(people[RINGING].events)
    await ask_to_monitor(coaching, people[RINGING])
    await ringing.incoming()
    await ringing.answer()
    await people[RINGING].becomes_active(told)
    await hears(ringing, "agent", "customer")
    await coaching.goes_on()


@pytest.mark.promise("V10")
@pytest.mark.promise("V15")
async def test_a_phone_that_hangs_up_or_is_cut_off_while_coaching_ends_it_with_the_reason_and_is_not_rung_again(
    pbx: PbxStack,
) -> None:
    coaching = await coached_call(pbx, "monitor", "coach")
    desk, told = coaching.phones["sara"], len(coaching.sara.events)
    await desk.hangup()
    assert (await coaching.ended(since=told))["end_reason"] == "supervisor_stopped"
    await hears(coaching.phones["agent"], "customer")
    assert invitations(desk) == 1

    await coaching.press("monitor", "coach")
    await hears(coaching.phones["agent"], "customer", "sara")
    assert invitations(desk) == 2
    told, cut = len(coaching.sara.events), time.monotonic()
    await desk.kill()
    await hears(coaching.phones["agent"], "customer")
    silent = time.monotonic() - cut
    assert silent < 2
    assert (await coaching.ended(since=told))["end_reason"] == "phone_lost"
    lost = time.monotonic() - cut
    await desk.start()
    await coaching.press("monitor", "coach")
    assert await coaching.everyone_agrees() == "active"
    assert invitations(desk) == 3
    sound = await coaching.goes_on()
    print(f"lost after {lost:.1f} s, {sound}")


@pytest.mark.promise("V15")
async def test_who_hangs_up_ends_what_a_supervisor_did_on_the_call_whatever_it_was(pbx: PbxStack) -> None:
    coaching = await coached_call(pbx, to="")
    phones, sara = coaching.phones, coaching.sara
    for modes, who, reason in (
        (("monitor", "coach"), "agent", ("agent_left", "call_ended")),
        (("monitor", "coach"), "customer", ("customer_left",)),
        (("monitor", "barge"), "agent", ("agent_left", "call_ended")),
        (("monitor", "barge"), "customer", ("customer_left",)),
        (("monitor", "barge_kick"), "customer", ("customer_left",)),
    ):
        await coaching.talk()
        told = len(sara.events)
        await coaching.press(*modes)
        if "barge_kick" in modes:
            await phones["agent"].closed()
            await coaching.judge(World((TALKING[0], Party("sara", Purpose.SUPERVISOR, "main"))), "customer", "sara")
        await phones[who].hangup()
        ended = await coaching.ended(since=told)
        assert ended["end_reason"] in reason, (modes, who)
        await phones["sara"].closed()
        await nothing_is_left(pbx)
        assert (await coaching.now())["state"] == "ended"
        assert (await coaching.agent.ask("GET", "/api/me"))["presence"]["status"] == "wrap_up"


@pytest.mark.promise("V7")
async def test_a_supervisor_who_took_over_and_hangs_up_gives_the_customer_back_to_the_queue(pbx: PbxStack) -> None:
    await pbx.name_queue("sales")
    coaching = await coached_call(pbx, to="sales")
    phones = coaching.phones
    await coaching.press("monitor", "barge_kick")
    await phones["agent"].closed()
    await hears(phones["customer"], "sara")
    told = len(coaching.sara.events)
    await phones["sara"].hangup()
    assert (await coaching.ended(since=told))["end_reason"] in ("supervisor_stopped", "phone_lost")
    # The queue rings the agent again, whose telephone answers by itself.
    await phones["agent"].established()
    await hears(phones["customer"], "agent")
    now = await pbx.call(coaching.sara, lambda call: call["state"] == "talking")
    assert now["id"] == coaching.call["id"]
    assert seat(now, "agent")["name"] == coaching.agent.name
    await coaching.judge(World(TALKING), "agent", "customer")


async def nothing_is_left(pbx: PbxStack) -> None:
    async def is_quiet() -> bool:
        return (await pbx.lab.console("core show channels count")).startswith("0 active channels")

    await comes_true(is_quiet)
