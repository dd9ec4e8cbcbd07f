"""The switchboard: rows into plans, newest wins, restarts and a database that is away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.exc import SQLAlchemyError

from sideline.engagements.switchboard import Switchboard
from sideline.interactions.wake import VOICE
from sideline.kit.db import Database, database_name
from sideline.voice.engine import CallPlan
from tests.support.engagements import Floor, SilentEngine
from tests.support.interactions import heard
from tests.support.postgres import execute, with_database


class WatchedEngine(SilentEngine):
    """A silent engine that can be held up, refuses calls on request, and can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.applied: list[tuple[str, int]] = []
        self.refused: set[str] = set()
        self.may_apply = asyncio.Event()
        self.may_apply.set()
        self._news = asyncio.Condition()

    async def apply(self, call: str, wanted: CallPlan) -> None:
        self.applied.append((call, wanted.version))
        await self._tell()
        await self.may_apply.wait()
        if call in self.refused:
            raise RuntimeError("this plan breaks the engine")
        await super().apply(call, wanted)
        await self._tell()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(is_so)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def switchboard_of(floor: Floor, engine: SilentEngine) -> AsyncIterator[Switchboard]:
    board = Switchboard(floor.database, engine, floor.node_id)
    running = asyncio.create_task(board.run())
    try:
        async with asyncio.timeout(10):
            await board.settled()
        yield board
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def state_becomes(floor: Floor, supervisor, state: str | None) -> None:
    """Wait until the supervisor's engagement is in ``state``."""
    async with asyncio.timeout(10):
        while True:
            mine = await floor.mine(supervisor)
            if (mine and mine["state"]) == state:
                return


async def test_started_anew_it_finds_every_call_and_confirms_what_it_put_in_force(floor: Floor):
    supervisor = await floor.supervisor()
    calls = [await floor.call(await floor.agent()) for _ in range(3)]
    await floor.try_start(supervisor, calls[0])
    engine = WatchedEngine()
    async with switchboard_of(floor, engine):
        await engine.until(lambda: set(engine.plans) == {call.id for call in calls})
        await state_becomes(floor, supervisor, "active")


async def test_a_wake_up_brings_the_change_into_force(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    engine = WatchedEngine()
    async with switchboard_of(floor, engine) as board:
        answer = await floor.try_start(supervisor, call)
        board.call_changed(call.id)
        await engine.until(lambda: answer.json()["id"] in engine.plans[call.id].phones)
        await state_becomes(floor, supervisor, "active")


async def test_every_change_wakes_the_voice_node_of_the_call(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    path = f"/api/engagements/{engagement['id']}"
    async with heard(floor.database, VOICE) as payloads:
        for verb, body in (("switch", {"mode": "coach"}), ("mute", {"is_muted": True}), ("stop", None)):
            assert (await supervisor.http.post(f"{path}/{verb}", json=body)).status_code == 200, verb
            async with asyncio.timeout(10):
                assert await payloads.get() == f"{floor.node_id}:call:{call.id}", verb
        await floor.try_start(supervisor, call)
        async with asyncio.timeout(10):
            assert await payloads.get() == f"{floor.node_id}:call:{call.id}"


async def test_what_changes_while_the_engine_is_busy_falls_together_and_the_newest_wins(floor: Floor):
    supervisor, agent = await floor.supervisor(), await floor.agent()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    engine = WatchedEngine()
    engine.may_apply.clear()
    async with switchboard_of(floor, engine) as board:
        await engine.until(lambda: len(engine.applied) == 1)
        for mode in ("coach", "barge", "monitor", "coach"):
            answer = await floor.try_switch(supervisor, engagement, mode)
            assert answer.status_code == 200
            board.call_changed(call.id)
        engine.may_apply.set()
        await engine.until(lambda: len(engine.applied) >= 2 and engine.plans[call.id].version == engine.applied[-1][1])
        heard = {route.speaker for route in engine.plans[call.id].routes if route.listener == call.customer}
        assert heard == {call.agent}
    assert len(engine.applied) == 2


async def test_a_plan_that_breaks_the_engine_costs_other_calls_nothing(floor: Floor):
    bad, good = await floor.call(await floor.agent()), await floor.call(await floor.agent())
    engine = WatchedEngine()
    engine.refused.add(bad.id)
    async with switchboard_of(floor, engine):
        await engine.until(lambda: good.id in engine.plans and [c for c, _ in engine.applied].count(bad.id) >= 2)
        engine.refused.clear()
        await engine.until(lambda: bad.id in engine.plans)


async def test_a_call_that_has_ended_is_taken_off_the_engine(floor: Floor):
    agent = await floor.agent()
    call = await floor.call(agent)
    engine = WatchedEngine()
    async with switchboard_of(floor, engine) as board:
        await engine.until(lambda: call.id in engine.plans)
        await agent.http.post(f"/api/interactions/{call.id}/end")
        board.call_changed(call.id)
        await engine.until(lambda: not engine.plans[call.id].phones)
        async with asyncio.timeout(10):
            while f"call-{call.id}" in {task.get_name() for task in asyncio.all_tasks()}:
                await floor.mine(agent)


async def test_a_call_of_another_node_is_left_alone(floor: Floor):
    call = await floor.call(await floor.agent())
    await floor.move_call_elsewhere(call)
    engine = WatchedEngine()
    async with switchboard_of(floor, engine) as board:
        board.call_changed(call.id)
        await engine.until(lambda: call.id in engine.plans)
        assert engine.plans[call.id].routes == frozenset()


async def test_while_the_database_is_away_the_sound_stays_and_afterwards_everything_is_looked_at_again(
    floor: Floor, postgres_server: str
):
    supervisor, agent = await floor.supervisor(), await floor.agent()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    engine = WatchedEngine()
    own = Database(floor.database.url)
    floor_database, floor.database = floor.database, own
    try:
        async with switchboard_of(floor, engine) as board:
            await engine.until(lambda: call.id in engine.plans)
            before = engine.plans[call.id]
            await floor.try_switch(supervisor, engagement, "coach")
            await asyncio.to_thread(take_away, postgres_server, own.url)
            board.call_changed(call.id)
            board.look_around()
            await is_refused(own)
            assert engine.plans[call.id] == before
            await asyncio.to_thread(give_back, postgres_server, own.url)
            await engine.until(lambda: engine.plans[call.id].version > before.version)
    finally:
        floor.database = floor_database
        await own.aclose()


def take_away(server: str, url: str) -> None:
    """Let a database refuse everyone."""
    name = database_name(url)
    execute(with_database(server, "postgres"), f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    execute(
        with_database(server, "postgres"),
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )


def give_back(server: str, url: str) -> None:
    """Let a database take connections again."""
    execute(with_database(server, "postgres"), f'ALTER DATABASE "{database_name(url)}" ALLOW_CONNECTIONS true')


async def is_refused(database: Database) -> None:
    """Check that a database is away."""
    with pytest.raises((SQLAlchemyError, OSError)):
        async with database.reading() as connection:
            await connection.exec_driver_sql("SELECT 1")
