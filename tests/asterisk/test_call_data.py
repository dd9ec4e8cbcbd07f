"""What a real Asterisk's variables tell of a call, and whose phone its trunk is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.engine import PbxCallGone, PbxCallSeen
from tests.support.asterisk_lab import AsteriskLab
from tests.support.pbx_stage import AGENT, CUSTOMER, OUTSIDE, PHONES, PbxStage, pbx_stage

SOLD = f"""
exten => sold,1,Dial(PJSIP/{AGENT},60,g)
 same => n,Set(RESULT=SALE)
 same => n,Hangup()
"""
"""The outcome is all that is told between the agent's hang-up and the customer's."""

VARIABLES = {"campaign": "CAMPAIGN", "result_code": "RESULT"}


@pytest.fixture
async def lab(asterisk_root: Path) -> AsyncIterator[AsteriskLab]:
    async with AsteriskLab(asterisk_root, phones=PHONES, outside=(OUTSIDE,), dialplan=SOLD) as lab:
        yield lab


@pytest.fixture
async def stage(lab: AsteriskLab) -> AsyncIterator[PbxStage]:
    async with pbx_stage(lab, AsteriskOptions(variables=VARIABLES, trunk="PJSIP/{number}@trunk")) as stage:
        yield stage


async def talk(stage: PbxStage, to: str = AGENT) -> str:
    """Let the customer call; return the name of their channel once the call is told with the agent."""
    customer, agent = await stage.phone(CUSTOMER), await stage.phone(AGENT)
    await customer.telephone.dial(to)
    await agent.telephone.established()
    call = await stage.call(lambda call: {"trunk", AGENT} <= {party.endpoint for party in call.parties})
    async with httpx.AsyncClient(base_url=stage.lab.ari_url, trust_env=False) as http:
        return (await http.get(f"/channels/{call.id}")).json()["name"]


async def test_variables_that_are_set_during_a_call_are_told_though_nothing_else_of_it_changes(stage: PbxStage) -> None:
    channel = await talk(stage)
    for value in ("Proof", "Another"):
        await stage.lab.console(f"dialplan set chanvar {channel} CAMPAIGN {value}")
        await stage.call(lambda call, value=value: call.campaign == value)
    await stage.lab.console(f"dialplan set chanvar {channel} __RESULT SALE")
    assert (await stage.call(lambda call: call.result_code == "SALE")).campaign == "Another"


async def test_outcome_that_is_set_in_the_moment_before_the_hang_up_is_told(stage: PbxStage) -> None:
    await talk(stage, to="sold")
    await stage.phones[AGENT].telephone.hangup()
    gone = await stage.fact("PbxCallGone")
    assert isinstance(gone, PbxCallGone)
    assert gone.call is not None
    assert gone.call.result_code == "SALE"


@pytest.mark.parametrize("variables", [{}, VARIABLES])
async def test_variables_are_events_only_where_some_are_asked_for(lab: AsteriskLab, variables: dict[str, str]) -> None:
    async with (
        pbx_stage(lab, AsteriskOptions(variables=variables)),
        httpx.AsyncClient(base_url=lab.ari_url, trust_env=False) as http,
    ):
        told = (await http.get("/applications/sideline")).json()["events_disallowed"]
        assert ("ChannelVarset" in {each["type"] for each in told}) is (not variables)


async def test_calls_by_the_trunk_are_customers_whoever_has_it_for_a_phone(stage: PbxStage) -> None:
    stage.engine.know(frozenset({*PHONES, "trunk"}))
    await talk(stage)
    call = await stage.call(lambda call: len(call.parties) == 2)
    assert [(party.endpoint, party.is_internal) for party in call.parties] == [("trunk", False), (AGENT, True)]


async def test_calls_by_a_trunk_that_no_setting_names_go_on_when_somebody_enters_it_as_their_phone(
    lab: AsteriskLab,
) -> None:
    async with pbx_stage(lab) as stage:
        await talk(stage)
        stage.engine.know(frozenset({*PHONES, "trunk"}))
        await stage.phones[AGENT].telephone.hold()
        await stage.call(lambda call: call.is_held is True)
        assert not [fact for fact in stage.facts if isinstance(fact, PbxCallGone)]
        assert len({fact.call.customer for fact in stage.facts if isinstance(fact, PbxCallSeen)}) == 1
