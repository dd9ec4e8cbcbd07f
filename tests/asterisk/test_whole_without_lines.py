"""Sideline's processes beside an Asterisk whose dialplan has no lines for barge-kick."""

from pathlib import Path

import pytest

from tests.asterisk.test_whole import participant, press
from tests.support.pbx_stack import AGENT, OUTSIDE, SARA, PbxStack, running_pbx_stack
from tests.support.sip_phones import SipPhone
from tests.support.sound import HERTZ
from tests.support.voice_stack import Person


async def on_a_call(pbx: PbxStack) -> tuple[Person, dict[str, SipPhone]]:
    """Return a supervisor who monitors a call, and the telephones."""
    await pbx.desk_person("agent", AGENT)
    sara = await pbx.desk_person("supervisor", SARA)
    names = {"agent": AGENT, "customer": OUTSIDE, "sara": SARA}
    phones = {who: await pbx.lab.phone(name, HERTZ[who]) for who, name in names.items()}
    await pbx.talk(phones["customer"], phones["agent"])
    await press(sara, await pbx.call(sara, lambda call: call["state"] == "talking"), "monitor")
    return sara, phones


@pytest.mark.promise("V7")
async def test_the_ami_of_the_settings_brings_the_customer(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with running_pbx_stack(database_url, tmp_path, asterisk_root, has_lines=False, has_ami=True) as pbx:
        sara, phones = await on_a_call(pbx)
        await press(sara, await pbx.call(sara), "barge_kick")
        await phones["agent"].closed()
        call = await pbx.call(sara, lambda call: call["state"] == "talking")
        assert participant(call, "supervisor")["name"] == sara.name
        await sara.ask("POST", f"/api/interactions/{call['id']}/end")
        await phones["customer"].closed()


@pytest.mark.promise("V7")
async def test_a_supervisor_is_told_that_the_take_over_failed_and_the_log_says_why(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with running_pbx_stack(database_url, tmp_path, asterisk_root, has_lines=False) as pbx:
        sara, phones = await on_a_call(pbx)
        mine = await sara.mine()
        assert mine is not None
        await sara.ask("POST", f"/api/engagements/{mine['id']}/switch", mode="barge_kick")
        ended = await sara.event(lambda event: event["type"] == "engagement.ended")
        assert ended["engagement"]["end_reason"] == "take_over_failed"
        call = await pbx.call(sara, lambda call: call["state"] == "talking")
        assert participant(call, "agent")
        await phones["sara"].closed()
        log = (tmp_path / "stack.log").read_text()
        assert "take_over_failed" in log
        assert "SIDELINE_ASTERISK_AMI names no AMI for asterisk:" in log
