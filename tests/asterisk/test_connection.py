"""The connection by which Asterisk tells its events, when somebody else comes in between."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from sideline.voice.asterisk.client import read_address
from tests.support.asterisk_lab import AsteriskLab
from tests.support.pbx_stage import AGENT, CUSTOMER, OUTSIDE, PHONES, PbxStage, pbx_stage


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
