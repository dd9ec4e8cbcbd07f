"""What happens at the same moment: a transfer and a switch of modes, a queue's helper and a supervisor who comes."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sideline.rules.audibility import Listening, Mode, Party, Purpose, World, routes
from sideline.voice.engine import CallPlan, PbxCall, PbxCallSeen, PbxPhone
from tests.support.asterisk_lab import AsteriskLab
from tests.support.coached_call import CoachedCall, coached_call, comes_true, hears, most_heard, supervised
from tests.support.pbx_stack import COLLEAGUE, TOM, PbxStack, running_pbx_stack
from tests.support.pbx_stage import OUTSIDE as CALLER
from tests.support.pbx_stage import PHONES, PbxStage, pbx_stage
from tests.support.sip_phones import Answers
from tests.support.sound import FAINT, HERTZ
from tests.support.voice_stack import Person

OFFSETS = tuple(n * 0.005 for n in range(12))
"""Seconds from the button to the transfer; from there to the PBX the button needs about as long."""


@pytest.fixture
async def pbx(database_url: str, tmp_path: Path, asterisk_root: Path) -> AsyncIterator[PbxStack]:
    async with running_pbx_stack(database_url, tmp_path, asterisk_root) as stack:
        yield stack


@pytest.mark.promise("V15")
@pytest.mark.promise("V6")
@pytest.mark.promise("V3")
@pytest.mark.parametrize("is_attended", [False, True], ids=["blind", "attended"])
async def test_nobody_hears_what_they_may_not_where_the_agent_transfers_in_the_moment_of_a_switch(
    pbx: PbxStack, is_attended: bool
) -> None:
    """Sara is switching to coach; Tom monitors the customer, and follows them to the next agent."""
    coaching = await coached_call(pbx, to="")
    tom = await pbx.desk_person("supervisor", TOM)
    await pbx.desk_person("agent", COLLEAGUE)
    phones = coaching.phones
    phones["tom"] = await pbx.lab.phone(TOM, HERTZ["tom"])
    phones["colleague"] = await pbx.lab.phone(COLLEAGUE, HERTZ["colleague"])
    for offset in OFFSETS[is_attended::2]:
        await coaching.talk()
        await coaching.press("monitor")
        await coaching.press("monitor", who=tom, target="customer")
        told, start = len(coaching.sara.events), time.monotonic()
        if is_attended:
            await phones["agent"].hold()
            await phones["agent"].dial(COLLEAGUE)
            await phones["agent"].established()
            await phones["colleague"].established()
            await hears(phones["sara"], "agent", "colleague")
        mine = await coaching.sara.mine()
        switch = coaching.sara.http.post(f"/api/engagements/{mine['id']}/switch", json={"mode": "coach"})
        switching = asyncio.create_task(switch)
        await asyncio.sleep(offset)  # house: how far apart the two are is the subject
        await transfer(coaching, is_attended=is_attended)
        assert (await switching).status_code in (200, 404, 409)
        assert (await coaching.ended(since=told))["end_reason"] == "agent_transferred"
        await phones["sara"].closed()
        await hears(phones["tom"], "customer", "colleague")
        await hears(phones["customer"], "colleague")
        await hears(phones["colleague"], "customer")
        leaks = {
            (listener, speaker): most_heard(phones[listener], speaker, start)
            for listener, speakers in {
                "customer": ("sara", "tom"),
                "colleague": ("sara", "tom"),
                "agent": ("tom",) if is_attended else ("tom", "colleague"),
                "sara": ("tom",) if is_attended else ("tom", "colleague"),
                "tom": ("sara",),
            }.items()
            for speaker in speakers
        }
        assert {pair: level for pair, level in leaks.items() if level > FAINT} == {}, offset
        assert (await tom.mine())["state"] == "active"
        assert await coaching.sara.mine() is None
        await phones["colleague"].hangup()
        await nobody_is_left(coaching, tom)


async def transfer(coaching: CoachedCall, *, is_attended: bool) -> None:
    agent, colleague = coaching.phones["agent"], coaching.phones["colleague"]
    if not is_attended:
        await agent.transfer(COLLEAGUE)
        await colleague.established()
        return
    calls = [event.call_id for event in agent.events if event.kind == "CALL_ESTABLISHED"][-2:]
    await agent.transfer_attended(*calls)


async def nobody_is_left(coaching: CoachedCall, *others: Person) -> None:
    async def is_quiet() -> bool:
        if (await coaching.now())["state"] != "ended" or any([await each.mine() for each in others]):
            return False
        return (await coaching.pbx.lab.console("core show channels count")).startswith("0 active channels")

    await comes_true(is_quiet)


@pytest.mark.promise("V6")
async def test_a_supervisor_who_comes_while_a_queues_local_channel_is_optimised_away_coaches_that_agent(
    asterisk_root: Path,
) -> None:
    lab = AsteriskLab(asterisk_root, phones=PHONES, outside=(CALLER,), queues={"sales": ["Local/agent@from-internal"]})
    async with lab, pbx_stage(lab) as stage:
        agent = await lab.phone("agent", HERTZ["agent"], answers=Answers.MANUAL)
        customer = (await stage.phone("customer")).telephone
        sara = await stage.phone("sara")
        for number in range(8):
            call = await waiting_in_the_queue(stage)
            alone = World(
                (Party("customer", Purpose.CUSTOMER, "queue"),), (Listening("sara", "customer", Mode.MONITOR),)
            )
            caller = {"customer": PbxPhone(call.customer), "sara": sara.phone}
            await stage.engine.apply(f"call{number}", CallPlan(1, caller, routes(alone)))
            await agent.incoming()
            await agent.answer()
            call = await stage.call(lambda seen, waiting=call: seen.id == waiting.id and with_agent(seen) != "")
            # The helper goes a few frames after the answer.
            await asyncio.sleep(number * 0.01)  # house: how far apart the two are is the subject
            start = time.monotonic()
            everyone = {**caller, "agent": PbxPhone(with_agent(call))}
            plan = CallPlan(2, everyone, routes(supervised(Mode.COACH)))
            await in_force(stage, f"call{number}", plan)
            await hears(agent, "customer", "sara")
            await hears(customer, "agent")
            await hears(sara.telephone, "agent", "customer")
            assert "Local/" not in await lab.console("core show channels concise")
            assert most_heard(customer, "sara", start) < FAINT
            await customer.hangup()
            await agent.closed()
            await stage.engine.apply(f"call{number}", CallPlan(3, {}, frozenset()))


async def in_force(stage: PbxStage, call: str, plan: CallPlan) -> None:
    """Apply a plan as a switchboard does: again, where the PBX was moving at that moment."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await stage.engine.apply(call, plan)
            except ConnectionError:
                continue


async def waiting_in_the_queue(stage: PbxStage) -> PbxCall:
    """Let the customer call the queue; return that call."""
    known = {fact.call.id for fact in stage.facts if isinstance(fact, PbxCallSeen)}
    await stage.phones["customer"].telephone.dial("sales")
    return await stage.call(lambda call: call.id not in known)


def with_agent(call: PbxCall) -> str:
    """Return the agent's party where they talk with the customer."""
    return next((each.id for each in call.parties if each.endpoint == "agent" and each.is_with_customer), "")
