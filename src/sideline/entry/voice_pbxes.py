"""Several PBXes, several voice processes: each PBX is served by one process, and by another when that dies.

The lease is the life of a node with the PBX's name (``interactions.voice_nodes``).
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.entry.voice_process import Engine, LifeOver, VoiceProcess
from sideline.interactions.voice_nodes import begin_life_if_free, end_life
from sideline.kit.db import Database
from sideline.kit.pauses import pause

ASK_AGAIN_SECONDS = 2.0
"""How often a process asks whether a PBX that another serves has become free."""

COURTESY_SECONDS = 8.0
"""So long a process leaves those PBXes alone that are another's first, while everybody starts."""

_log = structlog.get_logger()


class KeptPbx:
    """A PBX: what it is called, and how its engine is made."""

    def __init__(self, name: str, engine_of: Callable[[], Engine]) -> None:
        self.name = name
        self.engine_of = engine_of


async def keep_pbxes(
    database: Database, pbxes: Sequence[KeptPbx], *, process: str, number: int, of: int, ready: Callable[[], None]
) -> None:
    """Serve each of ``pbxes`` whenever no other process does, until cancelled.

    ``number`` is this process' among ``of``, from 0. ``ready`` is called once:
    when it serves the first one, or when others serve them all. Raises what
    ends a life, other than that it was declared over.
    """
    is_told = asyncio.Event()

    def tell() -> None:
        if not is_told.is_set():
            is_told.set()
            ready()

    refused = 0
    async with asyncio.TaskGroup() as tasks:

        def taken_by_another() -> None:
            nonlocal refused
            refused += 1
            if refused >= len(pbxes):
                tell()

        for position, pbx in enumerate(pbxes):
            is_first = position % of == number
            keeper = _Keeper(database, pbx, process, tell, taken_by_another)
            tasks.create_task(keeper.run(0.0 if is_first else COURTESY_SECONDS), name=f"keeper-{pbx.name}")


class _Keeper:
    def __init__(
        self,
        database: Database,
        pbx: KeptPbx,
        process: str,
        ready: Callable[[], None],
        taken: Callable[[], None],
    ) -> None:
        self._database = database
        self._pbx = pbx
        self._process = process
        self._ready = ready
        self._taken = taken

    async def run(self, wait: float) -> None:
        await pause(wait)
        is_new = True
        while True:
            node_id = await self._begin()
            if node_id is not None:
                # What it leaves in the PBX does not live for long: the next life, if it is ours, begins at once.
                await self._live(node_id)
            else:
                if is_new:
                    self._taken()
                await pause(ASK_AGAIN_SECONDS)
            is_new = False

    async def _begin(self) -> str | None:
        try:
            async with self._database.transaction() as tx:
                return await begin_life_if_free(tx, self._pbx.name, "asterisk", self._process)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("database_away", pbx=self._pbx.name, reason=str(error))
            return None

    async def _live(self, node_id: str) -> None:
        _log.info("pbx_served", pbx=self._pbx.name, node_id=node_id)
        engine = self._pbx.engine_of()
        try:
            await VoiceProcess(self._database, engine, node_id, self._ready).run()
        except* LifeOver:
            _log.error("voice_node_counts_as_gone", pbx=self._pbx.name, what="it is served anew, here or elsewhere")
        finally:
            await engine.aclose()
            await self._end(node_id)

    async def _end(self, node_id: str) -> None:
        try:
            async with self._database.transaction() as tx:
                await end_life(tx, node_id)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            # Its silence says the same a little later.
            _log.warning("life_not_ended", pbx=self._pbx.name, reason=str(error))
