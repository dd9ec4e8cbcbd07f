"""Barge-kick where nobody included the dialplan lines: by AMI on a real Asterisk, or a sentence that says why not."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from sideline.rules.audibility import Mode
from sideline.voice.asterisk.ami import read_ami_address
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.engine import CallPlan, PbxEnded, PbxTakeFailed
from tests.support.asterisk_config import PASSWORD
from tests.support.asterisk_lab import AsteriskLab
from tests.support.pbx_stage import AGENT, CUSTOMER, OUTSIDE, PHONES, PbxStage, pbx_stage
from tests.support.sound import HERTZ, LOUD, tone_levels
from tests.support.sound_stage import Act, Scene, StagePhone, dwell, judge, plan, play
from tests.voice_contract.contract import SARA, active, listens, party, world

LONGEST_GAP = 0.06
"""Seconds for which a customer may be without RTP while they are taken over."""

SUPERVISED = active(*listens(SARA, AGENT, Mode.MONITOR))
KICKED = world(party(CUSTOMER), party(SARA))

ABSENT = "The dialplan lines of deploy/asterisk/extensions-sideline.conf are absent, and "


def laboratory(root: Path, *, has_lines: bool = False, has_ami: bool = True, ami_rights: str = "") -> AsteriskLab:
    return AsteriskLab(
        root, phones=PHONES, outside=(OUTSIDE,), has_lines=has_lines, has_ami=has_ami, ami_rights=ami_rights
    )


async def has_extension(lab: AsteriskLab) -> bool:
    """Return whether the extension that AMI makes is there."""
    return "Stasis(sideline,kick)" in await lab.console("dialplan show sideline-ami-sideline")


async def is_kicked(stage: PbxStage, call: str, phones: Mapping[str, StagePhone] | None = None) -> tuple[Scene, float]:
    """Play a call up to barge-kick; fail if anyone hears what they should not.

    Return the scene, and for how many seconds the customer was without RTP.
    """
    scene = await play(stage, (SUPERVISED, KICKED), call=call, phones=phones)
    judge(stage, scene)
    kick = scene.acts[1]
    await stage.phones[AGENT].telephone.closed()
    return scene, stage.phones[CUSTOMER].telephone.gaps(kick.start, kick.end)


@pytest.mark.promise("V7")
async def test_without_the_lines_ami_brings_the_customer_and_does_so_again_after_a_dialplan_reload(
    asterisk_root: Path,
) -> None:
    async with laboratory(asterisk_root) as lab, pbx_stage(lab) as stage:
        scene, first_gap = await is_kicked(stage, "first")
        assert await has_extension(lab)

        start = time.monotonic()
        await lab.console("dialplan reload")
        assert not await has_extension(lab)
        await dwell(stage)
        judge(stage, Scene([Act(KICKED, start, time.monotonic())], scene.phones))

        await stage.engine.apply("first", CallPlan(9, {}, frozenset(), PbxEnded(CUSTOMER)))
        await stage.phones[CUSTOMER].telephone.closed()
        await stage.phones[SARA].telephone.closed()
        stage.begin_again()
        _, second_gap = await is_kicked(stage, "second", scene.phones)
        # A busy machine makes gaps of its own, now and then; what taking over makes, it makes each time.
        assert min(first_gap, second_gap) <= LONGEST_GAP


@pytest.mark.promise("V7")
async def test_with_the_lines_ami_is_left_alone(asterisk_root: Path) -> None:
    async with laboratory(asterisk_root, has_lines=True) as lab, pbx_stage(lab) as stage:
        await is_kicked(stage, "call")
        assert not await has_extension(lab)


@pytest.mark.promise("V7")
async def test_lines_are_used_where_asterisk_cant_tell_whether_they_are_there(asterisk_root: Path) -> None:
    async with laboratory(asterisk_root, has_lines=True, has_ami=False) as lab:
        await lab.console("module unload func_dialplan.so")
        async with pbx_stage(lab) as stage:
            await is_kicked(stage, "call")


@pytest.mark.promise("V7")
async def test_ami_is_used_where_asterisk_cant_tell_and_nobody_arrives(asterisk_root: Path) -> None:
    async with laboratory(asterisk_root) as lab:
        await lab.console("module unload func_dialplan.so")
        async with pbx_stage(lab) as stage:
            await play(stage, (SUPERVISED, KICKED))
            await stage.phones[AGENT].telephone.closed()
            start = time.monotonic()
            await dwell(stage)
            judge(stage, Scene([Act(KICKED, start, time.monotonic())], dict(stage.phones)))


async def goes_on(stage: PbxStage) -> str:
    """Try to take a call over; fail unless it goes on as if nobody had. Return why it was not taken over."""
    scene = await play(stage, (SUPERVISED,))
    start = time.monotonic()
    await stage.engine.apply("call", plan(stage, 2, KICKED, scene.phones))
    failed = await stage.fact("PbxTakeFailed")
    assert isinstance(failed, PbxTakeFailed)
    await stage.engine.apply("call", plan(stage, 3, active(), scene.phones))
    await dwell(stage)
    without = time.monotonic()
    await dwell(stage)
    end = time.monotonic()
    talking = {who: phone for who, phone in scene.phones.items() if who != SARA}
    judge(stage, Scene([Act(active(), without, end)], talking))
    customer = stage.phones[CUSTOMER].telephone
    agent_level = tone_levels(customer.heard(start, end), [HERTZ[AGENT]])
    assert float((agent_level > LOUD).mean()) > stage.clarity, "the customer lost the agent meanwhile"
    return failed.reason


@pytest.mark.promise("V7")
async def test_a_wrong_password_is_said_and_the_call_goes_on(asterisk_root: Path) -> None:
    async with laboratory(asterisk_root) as lab:
        wrong = read_ami_address(f"sideline:not-{PASSWORD}@127.0.0.1:{lab.ami_port}")
        async with pbx_stage(lab, AsteriskOptions(ami=wrong)) as stage:
            assert await goes_on(stage) == (
                f"{ABSENT}AMI at 127.0.0.1:{lab.ami_port} said 'Authentication failed': the name or password of "
                "SIDELINE_ASTERISK_AMI is wrong, or manager.conf doesn't permit this machine"
            )


@pytest.mark.promise("V7")
async def test_without_lines_and_ami_that_is_said_and_the_call_goes_on(asterisk_root: Path) -> None:
    async with laboratory(asterisk_root, has_ami=False) as lab, pbx_stage(lab) as stage:
        assert await goes_on(stage) == (
            f"{ABSENT}SIDELINE_ASTERISK_AMI names no AMI for asterisk:127.0.0.1:{lab.http_port}"
        )


@pytest.mark.promise("V7")
@pytest.mark.parametrize(
    ("rights", "action", "missing"), [("system", "Redirect", "call"), ("call", "DialplanExtensionAdd", "system")]
)
async def test_each_right_of_the_sample_is_needed_and_the_missing_one_is_said(
    asterisk_root: Path, rights: str, action: str, missing: str
) -> None:
    async with laboratory(asterisk_root, ami_rights=rights) as lab, pbx_stage(lab) as stage:
        assert await goes_on(stage) == (
            f"{ABSENT}AMI at 127.0.0.1:{lab.ami_port} said 'Permission denied' to {action}: "
            f"its user sideline lacks the right '{missing}' (write = system,call)"
        )


@pytest.mark.promise("V7")
async def test_an_ami_that_is_switched_off_is_said_and_the_call_goes_on(asterisk_root: Path) -> None:
    async with laboratory(asterisk_root, has_ami=False) as lab:
        silent = lab.http_port + 2  # one of the laboratory's own, where nothing listens
        nobody = read_ami_address(f"sideline:{PASSWORD}@127.0.0.1:{silent}")
        async with pbx_stage(lab, AsteriskOptions(ami=nobody)) as stage:
            assert (await goes_on(stage)).startswith(f"{ABSENT}AMI at 127.0.0.1:{silent} can't be reached: ")
