"""The voice process' side of phones that its engine rings: what the engine tells becomes states of engagements.

Nothing is kept in a queue: of each phone only the newest fact is remembered,
so a database that is away costs no more memory than there are phones, and what
was told meanwhile is written when it is back. One thing is written after the
other, in the order in which it counts: that the PBX is out of reach before
what is told of its phones afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.engagements.phone_facts import pbx_back, pbx_out_of_reach, phone_changed, supervised_calls_of_pbx
from sideline.kit.db import Database, Tx
from sideline.kit.pauses import pause
from sideline.voice.engine import EngineFact, PhoneChanged, PhoneOutcome

RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 2.0

_AWAY = (SQLAlchemyError, OSError, TimeoutError)

_log = structlog.get_logger()


class PhoneExchange:
    """Writes what becomes of supervisors' phones on the PBX of one voice node; :meth:`run` owns every task.

    The other methods only say what happened, and do not block. A life of a
    node begins as if its PBX had been out of reach: what an earlier life left
    there counts once the engine has told of it.
    """

    def __init__(self, database: Database, node_id: str) -> None:
        self._database = database
        self._node_id = node_id
        self._facts: dict[str, PhoneChanged] = {}
        self._is_down_news = True
        self._is_up_news = False
        self._woken = asyncio.Event()
        self._woken.set()
        self._idle = asyncio.Event()

    def note(self, fact: EngineFact) -> None:
        """Take a fact from the engine; those that are not about rung phones are nobody's here."""
        if isinstance(fact, PhoneChanged):
            # The newest takes its place after those of other phones.
            self._facts.pop(fact.participant_id, None)
            self._facts[fact.participant_id] = fact
            self._wake()

    def engine_down(self) -> None:
        """Note that the PBX can't be reached; who had answered there has to be told of anew."""
        self._facts = {key: fact for key, fact in self._facts.items() if fact.outcome != PhoneOutcome.ANSWERED}
        self._is_down_news, self._is_up_news = True, False
        self._wake()

    def engine_up(self) -> None:
        """Note that the PBX can be reached (again)."""
        self._is_up_news = True
        self._wake()

    async def settled(self) -> None:
        """Wait until everything that was told has been written."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        retry = RETRY_SECONDS
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                while await self._write_next():
                    pass
            except _AWAY as error:
                _log.warning("database_away", reason=str(error), retry_in_seconds=retry)
                await pause(retry)
                retry = min(retry * 2, LONGEST_RETRY_SECONDS)
                self._woken.set()
                continue
            retry = RETRY_SECONDS
            if not self._woken.is_set():
                self._idle.set()

    def _wake(self) -> None:
        self._idle.clear()
        self._woken.set()

    async def _write_next(self) -> bool:
        """Write what comes next; return False if there was nothing to write."""
        if self._is_down_news:
            # Whoever tells it again while it is being written gets it written again.
            self._is_down_news = False
            await self._of_each_call(pbx_out_of_reach, again=self._tell_down_again)
        elif self._is_up_news:
            self._is_up_news = False
            await self._of_each_call(pbx_back, again=self._tell_up_again)
        elif self._facts:
            await self._write(next(iter(self._facts.values())))
        else:
            return False
        return True

    async def _of_each_call(self, write: Callable[[Tx, str], Awaitable[None]], *, again: Callable[[], None]) -> None:
        try:
            async with self._database.reading() as connection:
                calls = await supervised_calls_of_pbx(connection, self._node_id)
            for call_id in calls:
                await self._of_call(write, call_id)
        except _AWAY:
            again()
            raise

    async def _of_call(self, write: Callable[[Tx, str], Awaitable[None]], call_id: str) -> None:
        try:
            async with self._database.transaction() as tx:
                await write(tx, call_id)
        except _AWAY:
            raise
        except Exception as error:
            # What goes wrong with one call must not cost all others their voice.
            _log.error("call_not_written", call_id=call_id, exc_info=error)

    def _tell_down_again(self) -> None:
        self._is_down_news = True

    def _tell_up_again(self) -> None:
        self._is_up_news = True

    async def _write(self, fact: PhoneChanged) -> None:
        try:
            async with self._database.transaction() as tx:
                await phone_changed(tx, fact.call_id, fact.participant_id, fact.outcome)
        except _AWAY:
            raise
        except Exception as error:
            # What goes wrong with one phone must not hold up all others.
            _log.error("phone_not_written", participant_id=fact.participant_id, exc_info=error)
        if self._facts.get(fact.participant_id) is fact:
            del self._facts[fact.participant_id]
