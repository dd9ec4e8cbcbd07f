"""The connection by which Asterisk tells its events, when somebody else comes in between."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from sideline.rules.audibility import Mode, routes
from sideline.voice.asterisk.client import read_address
from sideline.voice.asterisk.hands import KEEP_SECONDS
from sideline.voice.engine import CallPlan, EngineDown, PhoneChanged, PhoneOutcome
from tests.support.asterisk_lab import AsteriskLab
from tests.support.coached_call import hears
from tests.support.pbx_stage import OUTSIDE, PHONES, PbxStage, pbx_stage
from tests.support.silent_proxy import silent_network
from tests.support.sip_phones import SipPhone as Telephone
from tests.voice_contract.contract import AGENT, CUSTOMER, SARA, active, listens


@pytest.fixture
async def stage(asterisk_root: Path) -> AsyncIterator[PbxStage]:
    async with AsteriskLab(asterisk_root, phones=PHONES, outside=(OUTSIDE,)) as lab, pbx_stage(lab) as stage:
        yield stage


async def test_a_connection_whose_name_another_one_took_is_made_anew(stage: PbxStage) -> None:
    address = read_address(stage.lab.ari_url)
    credentials = f"api_key={address.user}:{address.password}"
    async with connect(f"{address.socket_base}/events?app=sideline&{credentials}", proxy=None):
        await stage.fact("EngineDown")
        await stage.fact("EngineUp", count=2)
    customer, agent = await stage.phone(CUSTOMER), await stage.phone(AGENT)
    await customer.telephone.dial(AGENT)
    await agent.telephone.established()
    await stage.call(lambda call: any(party.endpoint == AGENT for party in call.parties))


async def test_after_an_asterisk_has_stood_still_a_supervisor_hears_the_call_again(stage: PbxStage) -> None:
    """Longer than what is ours may live without us: whether it hangs up before it reads that we are there is chance."""
    sara = await monitored(stage)
    os.kill(stage.lab.pid, signal.SIGSTOP)
    await asyncio.sleep(KEEP_SECONDS + 0.5)  # house: how long it stands still is the subject
    os.kill(stage.lab.pid, signal.SIGCONT)
    await hears(sara, AGENT, CUSTOMER)
    assert outcomes(stage) == {PhoneOutcome.ANSWERED}


async def test_a_phone_is_connected_again_that_asterisk_hung_up_because_no_request_came_through(
    asterisk_root: Path,
) -> None:
    """Its events do come through all the time."""
    async with (
        AsteriskLab(asterisk_root, phones=PHONES, outside=(OUTSIDE,)) as lab,
        silent_network(lab.http_port) as network,
        pbx_stage(lab, asterisk=lab.ari_url.replace(f":{lab.http_port}/", f":{network.port}/")) as stage,
    ):
        sara = await monitored(stage)
        network.fall_silent(for_all=True, but_for=b"GET /ari/events")
        await sara.closed()
        network.open()
        await hears(sara, AGENT, CUSTOMER)
        assert outcomes(stage) == {PhoneOutcome.ANSWERED}
        assert not [fact for fact in stage.facts if isinstance(fact, EngineDown)]


async def test_a_phone_that_arrives_though_nobody_waits_for_it_any_more_is_hung_up(stage: PbxStage) -> None:
    """Its request took too long to be waited for, and was done all the same: nothing would make it die."""
    sara = (await stage.phone(SARA)).telephone
    ringing = {"endpoint": "PJSIP/sara", "app": "sideline", "channelId": "sideline.l.sara.99"}
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.post(f"{stage.lab.ari_url}/channels", params=ringing)).raise_for_status()
    await sara.established()
    await sara.closed(within=3)


async def monitored(stage: PbxStage) -> Telephone:
    """Let Sara hear a call; return her telephone."""
    customer, agent, sara = [await stage.phone(who) for who in (CUSTOMER, AGENT, SARA)]
    await stage.arrange("call", active())
    people = {each.owner: each.phone for each in (customer, agent, sara)}
    await stage.engine.apply("call", CallPlan(1, people, routes(active(*listens(SARA, AGENT, Mode.MONITOR)))))
    await hears(sara.telephone, AGENT, CUSTOMER)
    return sara.telephone


def outcomes(stage: PbxStage) -> set[PhoneOutcome]:
    """Return what was told of her telephone."""
    return {fact.outcome for fact in stage.facts if isinstance(fact, PhoneChanged)}


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://sideline:p@ss#word@127.0.0.1:8088/ari", "is written %40"),
        ("http://sideline:secret@127.0.0.1:1:2/ari", "a number from 1 to 65535"),
        ("http://127.0.0.1:8088/ari", "looks like"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_in_a_sentence(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_address(url)


def test_a_password_may_hold_anything_once_it_is_written_so() -> None:
    assert read_address("http://sideline:p%40ss%23@127.0.0.1:8088/ari").password == "p@ss#"
