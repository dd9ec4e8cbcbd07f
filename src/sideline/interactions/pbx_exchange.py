"""The voice process' side of a PBX: what its engine sees of calls becomes rows, and it learns whose phones are users'.

Nothing is kept in a queue: of each call only the newest fact is remembered, so
a database that is away costs little memory, and what was missed does not
matter. Each call has one task at most, so its facts are written in their order.
"""

import asyncio
from collections.abc import Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.interactions.pbx_calls import Followed, call_gone, follow_call, live_calls, take_failed
from sideline.interactions.voice_nodes import note_away, note_reached
from sideline.kit.db import Database
from sideline.kit.pauses import pause
from sideline.people.sip_phones import users_by_endpoint
from sideline.voice.engine import EngineFact, PbxCall, PbxCallGone, PbxCalls, PbxCallSeen, PbxCallsSeen, PbxTakeFailed

AT_ONCE = 4
"""Calls that may be written at the same time."""

MOST_FACTS = 5_000
"""Facts that are remembered while the database is away; more, and what is over is concluded from what goes on."""

RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 2.0

LOOK_AGAIN_SECONDS = 2.0
"""How often it is tried to seat a user who is on another call still."""

_AWAY = (SQLAlchemyError, OSError, TimeoutError)

_log = structlog.get_logger()

Work = tuple[str, str]
"""What kind of thing, and which one."""

_PHONES: Work = ("phones", "")
_ALL: Work = ("all", "")
_REACH: Work = ("reach", "")


class PbxExchange:
    """Writes down the calls of one PBX, as one life of its node sees them; :meth:`run` owns every task.

    The other methods only say what there is to do, and do not block.
    """

    def __init__(self, database: Database, pbx: PbxCalls, node_id: str) -> None:
        self._database = database
        self._pbx = pbx
        self._node_id = node_id
        self._facts: dict[str, PbxCallSeen | PbxCallGone] = {}
        self._written: dict[str, PbxCall] = {}
        """The newest snapshot of each live call that is in the rows."""
        self._live: set[str] = set()
        """Calls that were seen and not gone since."""
        self._all: set[str] | None = None
        """What has been seen since the engine told which calls there are, until that is written."""
        self._is_all_known = False
        """Which calls there are has been told: what is not among those seen is over."""
        self._is_reached: bool | None = None
        """What the engine told last of its PBX, until that is written."""
        self._failed: set[str] = set()
        self._unseated: set[str] = set()
        self._are_phones_due = True
        self._users: dict[str, str] | None = None
        self._woken = asyncio.Event()
        self._woken.set()
        self._someone_waits = asyncio.Event()
        self._busy: dict[Work, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._idle = asyncio.Event()

    def note(self, fact: EngineFact) -> None:
        """Take a fact from the engine; those that are not about a PBX's calls are nobody's here."""
        match fact:
            case PbxCallSeen():
                self._facts[fact.call.id] = fact
                self._live.add(fact.call.id)
                if self._all is not None:
                    self._all.add(fact.call.id)
            case PbxCallGone():
                self._facts[fact.call_id] = fact
                self._live.discard(fact.call_id)
            case PbxCallsSeen():
                self._all = set(fact.call_ids)
                self._is_all_known = True
                self._live &= self._all
            case PbxTakeFailed():
                _log.warning("take_over_failed", call_id=fact.call_id, reason=fact.reason)
                self._failed.add(fact.call_id)
            case _:
                return
        if len(self._facts) > MOST_FACTS and self._is_all_known:
            self._forget_gone()
        self._wake()

    def engine_up(self) -> None:
        """Note that the PBX can be reached (again)."""
        self._is_reached = True
        self._wake()

    def engine_down(self) -> None:
        """Note that the PBX can't be reached."""
        self._is_reached = False
        self._wake()

    def phones_changed(self, _payload: str = "") -> None:
        """Read users' SIP phones again: the callback of the channel ``sip_phones.PHONES``."""
        self._are_phones_due = True
        self._wake()

    def look_around(self) -> None:
        """Read again what wake-ups may have been missed about."""
        self.phones_changed()

    async def settled(self) -> None:
        """Wait until everything that was told has been done."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_looking_for_the_unseated(), name="pbx-unseated")
            while True:
                await self._woken.wait()
                self._woken.clear()
                for work in list(self._due()):
                    if work not in self._busy:
                        self._busy[work] = tasks.create_task(self._serve(work), name="-".join(("pbx", *work)))
                self._rest()

    def _wake(self) -> None:
        self._idle.clear()
        self._woken.set()

    def _rest(self) -> None:
        if not self._busy and not any(self._due()):
            self._idle.set()

    def _due(self) -> Iterable[Work]:
        if self._is_reached is not None:
            # Before whatever is seen of it, so that no call is shown that one may not yet supervise.
            yield _REACH
            return
        if self._are_phones_due:
            yield _PHONES
        if self._all is not None:
            yield _ALL
        for call_id in self._failed:
            yield "take_failed", call_id
        for call_id in self._facts:
            yield "call", call_id

    def _is_due(self, work: Work) -> bool:
        match work:
            case "reach", _:
                return self._is_reached is not None
            case "phones", _:
                return self._are_phones_due
            case "all", _:
                return self._all is not None
            case "take_failed", call_id:
                return call_id in self._failed
            case _, call_id:
                return call_id in self._facts

    async def _serve(self, work: Work) -> None:
        """Do what there is to do of one thing, one after the other, until nothing is left."""
        retry = RETRY_SECONDS
        try:
            while self._is_due(work):
                try:
                    async with self._slots:
                        await self._step(work)
                    retry = RETRY_SECONDS
                except _AWAY as error:
                    _log.warning("pbx_not_written", what=work, reason=str(error), retry_in_seconds=retry)
                    await pause(retry)
                    retry = min(retry * 2, LONGEST_RETRY_SECONDS)
                except Exception as error:
                    # What goes wrong with one call must not end the following of all others.
                    _log.error("pbx_not_written", what=work, exc_info=error)
                    self._give_up(work)
        finally:
            del self._busy[work]
            self._wake()

    def _give_up(self, work: Work) -> None:
        kind, call_id = work
        match kind:
            case "reach":
                self._is_reached = None
            case "phones":
                self._are_phones_due = False
            case "all":
                self._all = None
            case "take_failed":
                self._failed.discard(call_id)
            case _:
                self._facts.pop(call_id, None)

    async def _step(self, work: Work) -> None:
        kind, call_id = work
        match kind:
            case "reach":
                await self._write_reach()
            case "phones":
                await self._read_phones()
            case "all":
                await self._write_all()
            case "take_failed":
                await self._write_take_failed(call_id)
            case _:
                await self._write_call(call_id)

    async def _write_reach(self) -> None:
        is_reached = self._is_reached
        async with self._database.transaction() as tx:
            await (note_reached if is_reached else note_away)(tx, self._node_id)
        # It may be another meanwhile; that it is the same once more changes nothing.
        if self._is_reached == is_reached:
            self._is_reached = None

    async def _read_phones(self) -> None:
        # Before the question is asked: what changes while it is under way is read once more.
        self._are_phones_due = False
        try:
            async with self._database.reading() as connection:
                users = await users_by_endpoint(connection)
        except _AWAY:
            self._are_phones_due = True
            raise
        if users == self._users:
            return
        self._users = users
        self._pbx.know(frozenset(users))
        self._follow_again(self._written)

    async def _write_all(self) -> None:
        async with self._database.reading() as connection:
            known = await live_calls(connection, self._node_id)
        if self._all is None:
            return
        for call_id in known - self._all:
            # One that was seen again meanwhile is among them.
            self._facts.setdefault(call_id, PbxCallGone(call_id))
        self._all = None

    async def _write_take_failed(self, interaction_id: str) -> None:
        async with self._database.transaction() as tx:
            call_id = await take_failed(tx, interaction_id)
        self._failed.discard(interaction_id)
        if call_id is not None:
            # What was seen while it was being taken over did not count: now it does.
            self._follow_again([call_id])

    async def _write_call(self, call_id: str) -> None:
        fact = self._facts[call_id]
        async with self._database.transaction() as tx:
            if isinstance(fact, PbxCallSeen):
                followed = await follow_call(tx, self._node_id, fact.call, self._written.get(call_id))
            else:
                former = self._written.get(call_id)
                followed = await call_gone(tx, self._node_id, call_id, fact.ended_by, last=fact.call, former=former)
        self._note_written(call_id, fact, followed)
        # A newer one may have come meanwhile.
        if self._facts.get(call_id) is fact:
            del self._facts[call_id]

    def _note_written(self, call_id: str, fact: PbxCallSeen | PbxCallGone, followed: Followed) -> None:
        if isinstance(fact, PbxCallSeen):
            self._written[call_id] = fact.call
        else:
            self._written.pop(call_id, None)
        if followed.is_complete:
            self._unseated.discard(call_id)
        else:
            self._unseated.add(call_id)
            self._someone_waits.set()
        if followed.has_freed:
            self._follow_again(self._unseated - {call_id})

    def _follow_again(self, call_ids: Iterable[str]) -> None:
        """Look once more at calls as they were written last, unless they are over."""
        for call_id in list(call_ids):
            newest = self._facts.get(call_id)
            if isinstance(newest, PbxCallGone):
                continue
            call = newest.call if newest is not None else self._written.get(call_id)
            if call is not None:
                # A new fact, though it says the same: one that is being written now is too early.
                self._facts[call_id] = PbxCallSeen(call)
        self._wake()

    async def _keep_looking_for_the_unseated(self) -> None:
        while True:
            await self._someone_waits.wait()
            self._someone_waits.clear()
            await pause(LOOK_AGAIN_SECONDS)
            self._follow_again(self._unseated)

    def _forget_gone(self) -> None:
        """Forget which calls are over one by one: whatever is not live is."""
        self._facts = {call_id: fact for call_id, fact in self._facts.items() if call_id in self._live}
        self._all = set(self._live)
