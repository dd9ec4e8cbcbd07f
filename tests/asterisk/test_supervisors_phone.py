"""A supervisor's telephone, rung by a real Asterisk: what is told of it, whatever it does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sideline.rules.audibility import Mode, routes
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.engine import CallPlan, NumberPhone, PbxPhone, Phone, PhoneChanged, PhoneOutcome, SipPhone
from tests.support.asterisk_lab import AsteriskLab
from tests.support.pbx_stage import OUTSIDE, PHONES, PbxStage, pbx_stage
from tests.support.sip_phones import Answers
from tests.support.sip_phones import SipPhone as Telephone
from tests.voice_contract.contract import AGENT, CUSTOMER, MODES, SARA, active, listens

MOBILE = "+351910000000"
OPTIONS = AsteriskOptions(trunk="PJSIP/{number}@trunk", ring_seconds=3)
DESK = SipPhone("sip:sara@pbx.example.com")
AUTOMATIC = SipPhone("sip:sara@pbx.example.com", auto_answer=True)


@pytest.fixture
async def stage(asterisk_root: Path) -> AsyncIterator[PbxStage]:
    lab = AsteriskLab(asterisk_root, phones=PHONES, outside=(MOBILE, OUTSIDE), unregistered=("away",))
    config = lab.folder / "etc" / "pjsip.conf"
    config.write_text(config.read_text().replace("direct_media = no", "direct_media = no\nrtp_timeout = 2"))
    async with lab, pbx_stage(lab, OPTIONS) as stage:
        await stage.arrange("call", active())
        yield stage


async def supervise(stage: PbxStage, phone: Phone, mode: Mode = Mode.MONITOR, version: int = 1) -> None:
    """Let Sara be on the call with this phone."""
    phones: dict[str, Phone] = {who: PbxPhone(stage.party_of(who)) for who in (AGENT, CUSTOMER)}
    wanted = routes(active(*listens(SARA, AGENT, mode)))
    await stage.engine.apply("call", CallPlan(version, {**phones, SARA: phone}, wanted))


async def outcomes(stage: PbxStage, count: int) -> list[PhoneOutcome]:
    """Return what is told of Sara's phone, once that is so much; fail if it is more."""
    await stage.fact("PhoneChanged", count=count, within=12)
    told = [fact for fact in stage.facts if isinstance(fact, PhoneChanged)]
    assert {(fact.call_id, fact.participant_id) for fact in told} == {("call", SARA)}
    return [fact.outcome for fact in told]


def rings(telephone: Telephone) -> int:
    return sum(method == "INVITE" for _, method in telephone.requests)


async def is_heard_by_sara(stage: PbxStage) -> bool:
    return bool({route for route in (await stage.engine.observe()).calls["call"].routes if route.listener == SARA})


# -- phones that cannot be reached


async def test_a_busy_phone(stage: PbxStage) -> None:
    await stage.lab.phone(SARA, answers=Answers.BUSY)
    await supervise(stage, DESK)
    assert await outcomes(stage, 1) == [PhoneOutcome.BUSY]


@pytest.mark.parametrize(("status", "reason"), [(603, "Decline"), (403, "Forbidden")])
async def test_a_phone_that_refuses(stage: PbxStage, status: int, reason: str) -> None:
    await stage.lab.refusal(SARA, status, reason)
    await supervise(stage, DESK)
    assert await outcomes(stage, 1) == [PhoneOutcome.REFUSED]


@pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (503, "Service Unavailable"), (504, "Timeout")])
async def test_a_phone_that_its_own_exchange_cannot_reach(stage: PbxStage, status: int, reason: str) -> None:
    await stage.lab.refusal(SARA, status, reason)
    await supervise(stage, DESK)
    assert await outcomes(stage, 1) == [PhoneOutcome.UNREACHABLE]


async def test_a_phone_that_nobody_answers(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(SARA, answers=Answers.MANUAL)
    await supervise(stage, DESK)
    await telephone.incoming()
    assert await outcomes(stage, 1) == [PhoneOutcome.NO_ANSWER]
    await telephone.closed()


async def test_a_phone_that_is_not_plugged_in(stage: PbxStage) -> None:
    await supervise(stage, SipPhone("sip:away@pbx.example.com"))
    assert await outcomes(stage, 1) == [PhoneOutcome.UNREACHABLE]


async def test_a_phone_that_the_exchange_does_not_know(stage: PbxStage) -> None:
    await supervise(stage, SipPhone("sip:nobody@pbx.example.com"))
    assert await outcomes(stage, 1) == [PhoneOutcome.UNREACHABLE]


async def test_a_phone_whose_exchange_says_that_it_does_not_answer(stage: PbxStage) -> None:
    await stage.lab.refusal(SARA, 480, "Temporarily Unavailable")
    await supervise(stage, DESK)
    assert await outcomes(stage, 1) == [PhoneOutcome.NO_ANSWER]


async def test_a_registered_phone_whose_machine_is_off(stage: PbxStage) -> None:
    await supervise(stage, DESK)
    assert await outcomes(stage, 1) == [PhoneOutcome.UNREACHABLE]


async def test_a_phone_that_could_not_be_reached_is_not_rung_again_by_the_next_plan(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(SARA, answers=Answers.BUSY)
    await supervise(stage, DESK)
    await outcomes(stage, 1)
    await supervise(stage, DESK, Mode.COACH, version=2)
    assert rings(telephone) == 1
    assert await outcomes(stage, 1) == [PhoneOutcome.BUSY]


# -- phones that were answered


async def test_a_phone_that_answers_by_itself_and_is_hung_up(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(SARA)
    await supervise(stage, AUTOMATIC)
    await telephone.established()
    assert await outcomes(stage, 1) == [PhoneOutcome.ANSWERED]
    await telephone.hangup()
    assert await outcomes(stage, 2) == [PhoneOutcome.ANSWERED, PhoneOutcome.HUNG_UP]
    assert not await is_heard_by_sara(stage)
    assert rings(telephone) == 1


@pytest.mark.promise("V10")
async def test_a_phone_that_rings_is_picked_up_and_never_rings_again_when_the_mode_changes(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(SARA, answers=Answers.MANUAL)
    await supervise(stage, DESK)
    await telephone.incoming()
    assert not await is_heard_by_sara(stage)
    await telephone.answer()
    await telephone.established()
    assert await outcomes(stage, 1) == [PhoneOutcome.ANSWERED]
    for version, mode in enumerate((*MODES, *reversed(MODES)), start=2):
        await supervise(stage, DESK, mode, version)
        wanted = routes(active(*listens(SARA, AGENT, mode)))
        assert (await stage.engine.observe()).calls["call"].routes == wanted
    assert rings(telephone) == 1
    assert await outcomes(stage, 1) == [PhoneOutcome.ANSWERED]


async def test_a_phone_that_loses_its_network(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(SARA)
    await supervise(stage, AUTOMATIC)
    await outcomes(stage, 1)
    await telephone.kill()
    assert await outcomes(stage, 2) == [PhoneOutcome.ANSWERED, PhoneOutcome.LOST]


async def test_a_phone_that_still_rings_when_the_supervisor_stops_falls_silent(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(SARA, answers=Answers.MANUAL)
    await supervise(stage, DESK)
    await telephone.incoming()
    phones: dict[str, Phone] = {who: PbxPhone(stage.party_of(who)) for who in (AGENT, CUSTOMER)}
    await stage.engine.apply("call", CallPlan(2, phones, routes(active())))
    await telephone.closed()
    assert not [fact for fact in stage.facts if isinstance(fact, PhoneChanged)]


# -- numbers


@pytest.mark.promise("V10")
async def test_a_number_is_rung_through_the_trunk(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(MOBILE, answers=Answers.MANUAL)
    await supervise(stage, NumberPhone(MOBILE))
    await telephone.incoming()
    await telephone.answer()
    assert await outcomes(stage, 1) == [PhoneOutcome.ANSWERED]
    await supervise(stage, NumberPhone(MOBILE), version=2)
    assert await is_heard_by_sara(stage)
    await telephone.hangup()
    assert await outcomes(stage, 2) == [PhoneOutcome.ANSWERED, PhoneOutcome.HUNG_UP]
    assert rings(telephone) == 1


async def test_a_number_that_does_not_answer(stage: PbxStage) -> None:
    telephone = await stage.lab.phone(MOBILE, answers=Answers.MANUAL)
    await supervise(stage, NumberPhone(MOBILE))
    await telephone.incoming()
    assert await outcomes(stage, 1) == [PhoneOutcome.NO_ANSWER]


async def test_a_number_without_a_trunk(asterisk_root: Path) -> None:
    async with AsteriskLab(asterisk_root, phones=PHONES, outside=(OUTSIDE,)) as lab, pbx_stage(lab) as stage:
        await stage.arrange("call", active())
        await supervise(stage, NumberPhone(MOBILE))
        assert await outcomes(stage, 1) == [PhoneOutcome.UNREACHABLE]
