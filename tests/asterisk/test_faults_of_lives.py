"""A voice process that its database alone cannot be reached by: others conclude that it is gone, and it is not."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sideline.interactions.models import VoiceNodeRow
from sideline.rules.audibility import Mode, routes
from sideline.voice.engine import CallPlan, EngineUp
from tests.support.asterisk_lab import AsteriskLab
from tests.support.coached_call import CoachedCall, coached_call, comes_true, hears, invitations
from tests.support.pbx_stack import DESKS, OUTSIDE, PbxStack, sideline_beside
from tests.support.pbx_stage import PHONES, new_engine, pbx_stage
from tests.support.silent_proxy import SilentProxy, silent_proxy
from tests.voice_contract.contract import AGENT, CUSTOMER, SARA, active, listens


@asynccontextmanager
async def first_process_apart(
    database_url: str, var: Path, root: Path, *, voices: int
) -> AsyncIterator[tuple[PbxStack, SilentProxy]]:
    """Run everything, the first voice process with a way to the database of its own; it serves the PBX."""
    async with (
        silent_proxy(database_url) as way,
        AsteriskLab(root, phones=DESKS, outside=(OUTSIDE,)) as lab,
        sideline_beside(lab, database_url, var, voices=voices, first_voice={"SIDELINE_DATABASE_URL": way.url}) as pbx,
    ):
        assert await serving(pbx) == "voice-1"
        yield pbx, way
        # It may still wait for an answer that never comes.
        await pbx.stack.voices[0].kill()


async def serving(pbx: PbxStack) -> str | None:
    """Return which process serves the PBX."""
    async with pbx.stack.database.reading() as connection:
        return await connection.scalar(select(VoiceNodeRow.process).where(VoiceNodeRow.ended_at.is_(None)))


async def lives(pbx: PbxStack) -> int:
    """Return how many lives there have been."""
    async with pbx.stack.database.reading() as connection:
        return await connection.scalar(select(func.count()).select_from(VoiceNodeRow)) or 0


async def lost_and_resumed(coaching: CoachedCall, told: int) -> list[str]:
    """Wait until she is told that it goes on; return what she was told of her engagement's state."""
    await coaching.sara.event(lambda event: event["type"] == "engagement.resumed", told)
    kinds = [event["type"] for event in coaching.sara.events[told:]]
    return [kind for kind in kinds if kind in ("engagement.lost", "engagement.resumed", "engagement.ended")]


@pytest.mark.promise("V21")
@pytest.mark.promise("V8")
async def test_who_is_cut_off_from_the_database_alone_leaves_its_pbx_to_another_and_does_not_fight_for_it(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with first_process_apart(database_url, tmp_path, asterisk_root, voices=2) as (pbx, way):
        coaching = await coached_call(pbx, "monitor", "coach")
        await hears(coaching.phones["agent"], "customer", "sara")
        told, cut = len(coaching.sara.events), time.monotonic()
        way.fall_silent(for_all=True)

        async def is_taken_over() -> bool:
            return await serving(pbx) == "voice-2"

        seconds = await comes_true(is_taken_over)
        assert await lost_and_resumed(coaching, told) == ["engagement.lost", "engagement.resumed"]
        begun = await lives(pbx)
        way.open()
        await asyncio.sleep(3.0)  # house: that nothing happens for so long is the subject
        assert await lost_and_resumed(coaching, told) == ["engagement.lost", "engagement.resumed"]
        assert (await serving(pbx), await lives(pbx)) == ("voice-2", begun)
        assert await coaching.everyone_agrees() == "active"
        assert invitations(coaching.phones["sara"]) == 1
        await coaching.press("monitor")
        await hears(coaching.phones["agent"], "customer")
        gaps = await coaching.goes_on("sara", since=cut)
        print(f"taken over after {seconds:.1f} s, the call: {await coaching.goes_on()}, the supervisor: {gaps}")


@pytest.mark.promise("V21")
@pytest.mark.promise("V8")
async def test_who_counts_as_gone_and_is_alone_begins_anew_with_the_phones_that_are_connected(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with first_process_apart(database_url, tmp_path, asterisk_root, voices=1) as (pbx, way):
        coaching = await coached_call(pbx, "monitor", "coach")
        await hears(coaching.phones["agent"], "customer", "sara")
        told, cut = len(coaching.sara.events), time.monotonic()
        way.refuse()

        async def counts_as_gone() -> bool:
            return await serving(pbx) is None

        await comes_true(counts_as_gone)
        await way.start()
        assert await lost_and_resumed(coaching, told) == ["engagement.lost", "engagement.resumed"]
        assert await coaching.everyone_agrees() == "active"
        assert invitations(coaching.phones["sara"]) == 1
        print(await coaching.goes_on("sara", since=cut))


async def test_what_is_handed_over_stays_as_it_is_for_another_engine(asterisk_root: Path) -> None:
    async with AsteriskLab(asterisk_root, phones=PHONES, outside=(OUTSIDE,)) as lab, pbx_stage(lab) as stage:
        customer, agent, sara = [await stage.phone(who) for who in (CUSTOMER, AGENT, SARA)]
        await stage.arrange("call", active())
        people = {each.owner: each.phone for each in (customer, agent, sara)}
        plan = CallPlan(1, people, routes(active(*listens(SARA, AGENT, Mode.COACH))))
        await stage.engine.apply("call", plan)
        await hears(agent.telephone, CUSTOMER, SARA)
        stage.engine.hand_over()
        await stage.engine.aclose()
        another = new_engine(lab)
        try:
            async for fact in another.facts():
                if isinstance(fact, EngineUp):
                    break
            await another.apply("call", plan)
            await hears(agent.telephone, CUSTOMER, SARA)
            assert invitations(sara.telephone) == 1
        finally:
            await another.aclose()
        await hears(agent.telephone, CUSTOMER)
