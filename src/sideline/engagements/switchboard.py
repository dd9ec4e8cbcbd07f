"""The switchboard: makes the voice engine match the rows, one owner a call.

A wake-up names a call; its owner reads what the rows want, applies it to the
engine, and writes back what is then in force. Wake-ups that come meanwhile
fall together into one more round, so the newest wanted state wins and nothing
queues up. While the database is away the sound stays as it is; once it is back
every call is looked at again, and so is the engine.
"""

import asyncio
from collections.abc import Collection

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.engagements.call_plan import WantedCall, calls_of_node, read_wanted
from sideline.engagements.progress import confirm
from sideline.kit.db import Database
from sideline.voice.engine import VoiceEngine

READERS = 4
"""Owners that may talk to the database at once; the others wait their turn."""

FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 2.0

APPLY_SECONDS = 10.0
"""An engine that has not answered by then is asked again."""

DATABASE_AWAY = (SQLAlchemyError, OSError, TimeoutError)

_log = structlog.get_logger()


class Switchboard:
    """Keeps the calls of one voice node as their rows want them.

    :meth:`run` owns every task; the other methods only say what to look at, do
    not block, and may be called from LISTEN callbacks.
    """

    def __init__(self, database: Database, engine: VoiceEngine, node_id: str) -> None:
        self._database = database
        self._engine = engine
        self._node_id = node_id
        self._owners: dict[str, asyncio.Event] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._readers = asyncio.Semaphore(READERS)
        self._look_around = asyncio.Event()
        self._is_settled = asyncio.Event()
        self._pbx_is_away = False
        self._pbx_absences = 0

    def call_changed(self, call_id: str) -> None:
        """Look at this call; at once, or once more when its owner is busy."""
        changed = self._owners.get(call_id)
        if changed is not None:
            changed.set()
        elif self._tasks is not None:
            self._owners[call_id] = changed = asyncio.Event()
            changed.set()
            self._tasks.create_task(self._own(call_id, changed), name=f"call-{call_id}")

    def look_around(self) -> None:
        """Look at every call of the node: at start-up, and whenever wake-ups may have been missed."""
        self._look_around.set()

    def pbx_away(self) -> None:
        """Confirm nothing of calls of the PBX, which can't be reached, until it is back."""
        self._pbx_is_away = True
        self._pbx_absences += 1

    def pbx_back(self) -> None:
        """Apply and confirm everything again, for the PBX can be reached again."""
        self._pbx_is_away = False
        self.look_around()

    async def settled(self) -> None:
        """Wait until the first look around has found every call of the node."""
        await self._is_settled.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._look_around.set()
            try:
                await self._keep_looking_around()
            finally:
                self._tasks = None

    async def _keep_looking_around(self) -> None:
        retry = FIRST_RETRY_SECONDS
        while True:
            await self._look_around.wait()
            self._look_around.clear()
            try:
                async with self._readers, self._database.reading() as connection:
                    calls = await calls_of_node(connection, self._node_id)
            except DATABASE_AWAY as error:
                _log.warning("database_away", reason=str(error), retry_in_seconds=retry)
                retry = await _told_or_later(self._look_around, retry)
                continue
            retry = FIRST_RETRY_SECONDS
            # Owned calls that the rows no longer list have ended: their owners find that out.
            self._change({*calls, *self._owners})
            self._is_settled.set()

    def _change(self, calls: Collection[str]) -> None:
        for call_id in calls:
            self.call_changed(call_id)

    async def _own(self, call_id: str, changed: asyncio.Event) -> None:
        retry = FIRST_RETRY_SECONDS
        while True:
            await changed.wait()
            changed.clear()
            try:
                wanted = await self._match(call_id)
            except DATABASE_AWAY as error:
                _log.warning("call_not_matched", call_id=call_id, reason=str(error), retry_in_seconds=retry)
                retry = await _told_or_later(changed, retry)
                continue
            except Exception as error:
                # What one call's plan does to the engine must not cost the others their voice.
                _log.error("call_not_matched", call_id=call_id, retry_in_seconds=retry, exc_info=error)
                retry = await _told_or_later(changed, retry)
                continue
            retry = FIRST_RETRY_SECONDS
            if (wanted is None or wanted.is_over) and not changed.is_set():
                del self._owners[call_id]
                return

    async def _match(self, call_id: str) -> WantedCall | None:
        async with self._readers, self._database.reading() as connection:
            wanted = await read_wanted(connection, self._node_id, call_id)
        if wanted is None:
            return None
        absences = self._pbx_absences
        async with asyncio.timeout(APPLY_SECONDS):
            await self._engine.apply(call_id, wanted.plan)
        is_vouched_for = not wanted.is_on_pbx or (not self._pbx_is_away and absences == self._pbx_absences)
        if wanted.is_news and is_vouched_for:
            async with self._readers, self._database.transaction() as tx:
                engaged = {each.id: each.version for each in wanted.engagements}
                await confirm(tx, self._node_id, call_id, wanted.version, engaged)
        return wanted


async def _told_or_later(told: asyncio.Event, seconds: float) -> float:
    """Wait for news or, failing that, for the retry's deadline; return the seconds to the next retry."""
    try:
        async with asyncio.timeout(seconds):
            await told.wait()
    except TimeoutError:
        told.set()
    return min(seconds * 2, LONGEST_RETRY_SECONDS)
