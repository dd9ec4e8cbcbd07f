"""Others at work on the same PBX: another installation of Sideline, and somebody who deletes what is ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sideline.rules.audibility import Mode, World, routes
from sideline.voice.asterisk.engine import AsteriskEngine
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.engine import CallPlan, EngineUp, SipPhone
from tests.support.asterisk_lab import AsteriskLab
from tests.support.coached_call import comes_true, hears, invitations
from tests.support.pbx_stage import OUTSIDE, PHONES, PbxStage, new_engine, pbx_stage
from tests.voice_contract.contract import AGENT, CUSTOMER, SARA, TOM, active, listens, party, world

COACHED = active(*listens(SARA, AGENT, Mode.COACH))
KICKED = world(party(CUSTOMER), party(SARA))


@pytest.fixture
async def stage(asterisk_root: Path) -> AsyncIterator[PbxStage]:
    async with AsteriskLab(asterisk_root, phones=PHONES, outside=(OUTSIDE,)) as lab, pbx_stage(lab) as stage:
        for who in (CUSTOMER, AGENT, SARA, TOM):
            await stage.phone(who)
        await stage.arrange("call", active())
        yield stage


@asynccontextmanager
async def another_installation(stage: PbxStage) -> AsyncIterator[AsteriskEngine]:
    """Attach another one to the PBX, and take it away again: with everything that it holds to be its own."""
    engine = new_engine(stage.lab, options=AsteriskOptions(app="second"))
    try:
        async for fact in engine.facts():
            if isinstance(fact, EngineUp):
                break
        yield engine
    finally:
        await engine.aclose()


async def brought_about(stage: PbxStage, version: int, wanted: World) -> None:
    people = {who: each.phone for who, each in stage.phones.items() if who != TOM}
    await stage.engine.apply("call", CallPlan(version, people, routes(wanted), stage.place(wanted)))


async def bridge_deleted(stage: PbxStage, count: int) -> None:
    """Delete a supervisor's bridge, and return once there is one again with so many channels in it."""
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{stage.lab.ari_url}/bridges/sideline.b.{SARA}"
        (await http.delete(url)).raise_for_status()

        async def is_made_again() -> bool:
            answer = await http.get(url)
            return answer.is_success and len(answer.json()["channels"]) == count

        await comes_true(is_made_again)


@pytest.mark.promise("V21")
async def test_another_installation_comes_listens_and_goes_and_nothing_changes_for_who_coaches(stage: PbxStage) -> None:
    agent, sara, tom = (stage.phones[who].telephone for who in (AGENT, SARA, TOM))
    await brought_about(stage, 1, COACHED)
    await hears(agent, CUSTOMER, SARA)
    async with another_installation(stage) as another:
        people = {each: stage.phones[each].phone for each in (CUSTOMER, AGENT)} | {
            TOM: SipPhone(tom.address, auto_answer=True)
        }
        await another.apply("theirs", CallPlan(1, people, routes(active(*listens(TOM, AGENT, Mode.MONITOR)))))
        await hears(tom, AGENT, CUSTOMER)
        await hears(agent, CUSTOMER, SARA)
    await tom.closed()
    await hears(agent, CUSTOMER, SARA)
    await hears(sara, AGENT, CUSTOMER)
    assert invitations(sara) == 1


@pytest.mark.promise("V21")
@pytest.mark.promise("V7")
async def test_another_installation_comes_and_goes_and_who_took_over_talks_on(stage: PbxStage) -> None:
    customer, sara = stage.phones[CUSTOMER].telephone, stage.phones[SARA].telephone
    await brought_about(stage, 1, active(*listens(SARA, AGENT, Mode.MONITOR)))
    await brought_about(stage, 2, KICKED)
    await hears(customer, SARA)
    async with another_installation(stage):
        await hears(customer, SARA)
    await hears(customer, SARA)
    await hears(sara, CUSTOMER)
    assert invitations(sara) == 1


@pytest.mark.promise("V21")
async def test_a_supervisors_bridge_that_somebody_deletes_is_made_again(stage: PbxStage) -> None:
    customer, agent, sara = (stage.phones[who].telephone for who in (CUSTOMER, AGENT, SARA))
    await brought_about(stage, 1, COACHED)
    await hears(agent, CUSTOMER, SARA)
    await bridge_deleted(stage, 2)
    await hears(sara, AGENT, CUSTOMER)
    await hears(agent, CUSTOMER, SARA)
    await brought_about(stage, 2, KICKED)
    await hears(customer, SARA)
    await bridge_deleted(stage, 2)
    await hears(customer, SARA)
    await hears(sara, CUSTOMER)
    assert invitations(sara) == 1
