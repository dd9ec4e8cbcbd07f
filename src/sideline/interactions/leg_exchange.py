"""The voice process' side of phones: offers become answers, what the engine tells becomes leg states.

A wake-up names a leg; its row says what to do. Nothing is kept in a queue: of
each leg only the newest wake-up and the newest fact are remembered, so a
database that is away costs no memory, and everything is looked at again when
it is back.
"""

import asyncio
from typing import Any

import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sideline.interactions.leg_states import leg_gone, leg_up
from sideline.interactions.wake import wake_leg_answer
from sideline.kit.db import Database
from sideline.kit.pauses import pause
from sideline.voice.engine import BrowserLegs, EngineFact, LegAnswered, LegClosed, LegLost, LegRefused, LegRefusedForNow

AT_ONCE = 8
"""Legs that may be worked on at the same time."""

CONNECT_SECONDS = 4.0
"""How long an engine may take over an offer; the browser gives up a little later."""

RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 2.0

_AWAY = (SQLAlchemyError, OSError, TimeoutError)

_log = structlog.get_logger()

_PENDING = text(
    "SELECT id::text AS id FROM legs "
    "WHERE voice_node_id = :node AND state <> 'closed' AND answer IS NULL AND refusal = ''"
)

_LEG = text(
    "SELECT voice_node_id::text AS voice_node_id, state, generation, offer, answer, refusal "
    "FROM legs WHERE id = CAST(:leg AS uuid)"
)

_ANSWER = text(
    "UPDATE legs SET answer = :answer WHERE id = CAST(:leg AS uuid) AND generation = :generation "
    "AND voice_node_id = CAST(:node AS uuid)"
)

# A leg that never was connected ends with the refusal of its offer; another keeps what it has.
_REFUSE = text(
    "UPDATE legs SET refusal = :refusal, is_refusal_passing = :is_passing, "
    "state = CASE WHEN connected_at IS NULL THEN 'closed' ELSE state END, "
    "closed_at = CASE WHEN connected_at IS NULL THEN CAST(:now AS timestamptz) END "
    "WHERE id = CAST(:leg AS uuid) AND generation = :generation AND voice_node_id = CAST(:node AS uuid)"
)


class _Fact(msgspec.Struct, frozen=True):
    fact: EngineFact
    generation: int
    """Of the offer that the engine had answered when it told this."""


class LegExchange:
    """Serves the phones of one voice node; :meth:`run` owns every task.

    ``leg_changed`` and ``note`` only say what to look at, and do not block.
    """

    def __init__(self, database: Database, legs: BrowserLegs, node_id: str) -> None:
        self._database = database
        self._legs = legs
        self._node_id = node_id
        self._generations: dict[str, int] = {}
        self._ended: dict[str, EngineFact] = {}
        """How the connection ended that a leg had last, until it has another."""
        self._changed: set[str] = set()
        self._facts: dict[str, _Fact] = {}
        self._look_around = True
        self._woken = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._idle = asyncio.Event()

    def leg_changed(self, leg_id: str) -> None:
        """Look at this leg's row: a NOTIFY named it."""
        self._changed.add(leg_id)
        self._wake()

    def look_around(self) -> None:
        """Look at every leg of the node: at start-up, and whenever wake-ups may have been missed."""
        self._look_around = True
        self._wake()

    def note(self, fact: EngineFact) -> None:
        """Take a fact from the engine; those that are not about legs are nobody's here."""
        if isinstance(fact, LegAnswered | LegLost | LegClosed):
            # The newest fact of a leg is all that counts of it.
            self._facts[fact.leg_id] = _Fact(fact, self._generations.get(fact.leg_id, 0))
            if isinstance(fact, LegAnswered):
                self._ended.pop(fact.leg_id, None)
            else:
                self._ended[fact.leg_id] = fact
            self._wake()

    async def settled(self) -> None:
        """Wait until everything that was told has been done."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        retry = RETRY_SECONDS
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._woken.wait()
                self._woken.clear()
                if self._look_around:
                    # Before the question is asked: who wants another look while it is under way gets one.
                    self._look_around = False
                    try:
                        await self._find_pending()
                        retry = RETRY_SECONDS
                    except _AWAY as error:
                        self._look_around = True
                        _log.warning("database_away", reason=str(error), retry_in_seconds=retry)
                        await pause(retry)
                        retry = min(retry * 2, LONGEST_RETRY_SECONDS)
                        self._woken.set()
                for leg_id in [*self._changed, *self._facts]:
                    if leg_id not in self._busy:
                        self._busy[leg_id] = tasks.create_task(self._serve(leg_id), name=f"leg-{leg_id}")

                self._rest()

    def _wake(self) -> None:
        self._idle.clear()
        self._woken.set()

    def _rest(self) -> None:
        if not (self._busy or self._changed or self._facts or self._look_around):
            self._idle.set()

    async def _find_pending(self) -> None:
        async with self._database.reading() as connection:
            rows: Any = (await connection.execute(_PENDING, {"node": self._node_id})).all()
        self._changed.update(row.id for row in rows)
        self._changed.update(self._generations)

    async def _serve(self, leg_id: str) -> None:
        """Do what there is to do for one leg, one thing after the other, until nothing is left."""
        retry = RETRY_SECONDS
        try:
            while leg_id in self._changed or leg_id in self._facts:
                try:
                    async with self._slots:
                        await self._step(leg_id)
                    retry = RETRY_SECONDS
                except Exception as error:
                    # What goes wrong with one phone must not end all others.
                    if not isinstance(error, _AWAY):
                        _log.error("leg_not_served", leg_id=leg_id, exc_info=error)
                        self._changed.discard(leg_id)
                        self._facts.pop(leg_id, None)
                        return
                    _log.warning("leg_not_served", leg_id=leg_id, reason=str(error), retry_in_seconds=retry)
                    await pause(retry)
                    retry = min(retry * 2, LONGEST_RETRY_SECONDS)
        finally:
            del self._busy[leg_id]
            self._rest()

    async def _step(self, leg_id: str) -> None:
        noted = self._facts.get(leg_id)
        if noted is not None:
            await self._write_fact(leg_id, noted)
            # A newer one may have come meanwhile.
            if self._facts.get(leg_id) is noted:
                del self._facts[leg_id]
            return
        self._changed.discard(leg_id)
        try:
            await self._match(leg_id)
        except _AWAY:
            self._changed.add(leg_id)
            raise

    async def _write_fact(self, leg_id: str, noted: _Fact) -> None:
        async with self._database.transaction() as tx:
            match noted.fact:
                case LegAnswered():
                    is_wanted = await leg_up(tx, leg_id, noted.generation)
                case _:
                    is_closed = isinstance(noted.fact, LegClosed)
                    await leg_gone(tx, leg_id, noted.generation, is_closed=is_closed)
                    is_wanted = True
        if not is_wanted:
            await self._disconnect(leg_id)

    async def _match(self, leg_id: str) -> None:
        async with self._database.reading() as connection:
            row: Any = (await connection.execute(_LEG, {"leg": leg_id})).one_or_none()
        if row is None or row.state == "closed" or row.voice_node_id != self._node_id:
            await self._disconnect(leg_id)
        elif row.answer is None and not row.refusal:
            await self._answer(leg_id, row.generation, row.offer)

    async def _answer(self, leg_id: str, generation: int, offer: str) -> None:
        answer, refusal, is_passing = None, "", True
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                answer = await self._legs.connect(leg_id, offer)
        except LegRefused as error:
            refusal, is_passing = str(error), isinstance(error, LegRefusedForNow)
        except TimeoutError:
            refusal = "The voice process took too long over your phone's offer; it is tried again by itself."
        except Exception as error:
            # One browser's offer must not end the phones of all others.
            _log.error("offer_failed", leg_id=leg_id, exc_info=error)
            refusal = "The voice process failed over your phone's offer; it is tried again by itself."
        self._count(leg_id, generation, is_refused=bool(refusal))
        values = {"leg": leg_id, "generation": generation, "node": self._node_id}
        async with self._database.transaction() as tx:
            if refusal:
                await tx.session.execute(
                    _REFUSE, {**values, "refusal": refusal, "is_passing": is_passing, "now": tx.now}
                )
            else:
                await tx.session.execute(_ANSWER, {**values, "answer": answer})
            wake_leg_answer(tx, leg_id, generation)

    def _count(self, leg_id: str, generation: int, *, is_refused: bool) -> None:
        """Count what the leg's connection tells from here on as this generation's.

        Not before the engine has answered: until then only an older connection
        can have told anything, and its end must not end the newer one. Behind a
        refused offer that older one goes on, and what it told meanwhile counts,
        also what concerned nobody since the offer was in the row already.
        """
        if not is_refused:
            self._ended.pop(leg_id, None)
        elif leg_id not in self._generations:
            return
        self._generations[leg_id] = generation
        told = self._facts.get(leg_id)
        fact = self._ended.get(leg_id) if told is None else told.fact
        if is_refused and fact is not None:
            self._facts[leg_id] = _Fact(fact, generation)

    async def _disconnect(self, leg_id: str) -> None:
        self._ended.pop(leg_id, None)
        if self._generations.pop(leg_id, None) is not None:
            await self._legs.disconnect(leg_id)
