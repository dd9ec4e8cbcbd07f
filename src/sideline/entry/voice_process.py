"""What runs in a voice process for one life of one node: an engine, kept as the rows want it, and its news written."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sideline.engagements.phone_exchange import PhoneExchange
from sideline.engagements.switchboard import Switchboard
from sideline.interactions.leg_exchange import LegExchange
from sideline.interactions.pbx_exchange import PbxExchange
from sideline.interactions.voice_nodes import LEASE_SECONDS, RENEW_SECONDS, renew
from sideline.interactions.wake import VOICE
from sideline.kit.db import Database
from sideline.kit.listen import Listener
from sideline.kit.pauses import pause
from sideline.people.sip_phones import PHONES
from sideline.voice.engine import BrowserLegs, EngineDown, EngineFact, EngineUp, PbxCalls, VoiceEngine

_log = structlog.get_logger()


class Engine(VoiceEngine, BrowserLegs, Protocol):
    """An engine that carries calls and serves browser phones."""


@runtime_checkable
class PbxEngine(PbxCalls, Protocol):
    """An engine beside a PBX."""


class LifeOver(Exception):
    """Others have concluded that this node is gone; a new life is begun."""


class VoiceProcess:
    """One life of a node; :meth:`run` owns every task, and calls ``ready`` once every call is looked after."""

    def __init__(self, database: Database, engine: Engine, node_id: str, ready: Callable[[], None]) -> None:
        self._database = database
        self._engine = engine
        self._node_id = node_id
        self._renewed_at = time.monotonic()
        self._ready = ready
        self._exchange = LegExchange(database, engine, node_id)
        self._switchboard = Switchboard(database, engine, node_id)
        self._pbx = PbxExchange(database, engine, node_id) if isinstance(engine, PbxEngine) else None
        self._phones = PhoneExchange(database, node_id) if self._pbx is not None else None
        if self._pbx is not None:
            # Until its engine says that it is there.
            self._switchboard.pbx_away()
        channels: dict[str, Callable[[str], None]] = {VOICE: self._woken}
        if self._pbx is not None:
            channels[PHONES] = self._pbx.phones_changed
        self._listener = Listener(database.url, channels, self._look_around)

    async def run(self) -> None:
        """Work until cancelled; raises LifeOver (in a group) when the node counts as gone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listener.run(), name="listener")
            tasks.create_task(self._switchboard.run(), name="switchboard")
            tasks.create_task(self._exchange.run(), name="exchange")
            if self._pbx is not None and self._phones is not None:
                tasks.create_task(self._pbx.run(), name="pbx")
                tasks.create_task(self._phones.run(), name="phones")
            tasks.create_task(self._read_facts(), name="facts")
            tasks.create_task(self._keep_lease(), name="lease")
            await self._listener.connected.wait()
            await self._switchboard.settled()
            self._ready()

    def _woken(self, payload: str) -> None:
        node_id, _, rest = payload.partition(":")
        if node_id != self._node_id:
            return
        kind, _, id_ = rest.partition(":")
        match kind:
            case "call":
                self._switchboard.call_changed(id_)
            case "leg":
                self._exchange.leg_changed(id_)
            case _:
                _log.warning("unknown_wake_up", payload=payload)

    def _look_around(self) -> None:
        self._switchboard.look_around()
        self._exchange.look_around()
        if self._pbx is not None:
            self._pbx.look_around()

    async def _read_facts(self) -> None:
        async for fact in self._engine.facts():
            self._take(fact)

    def _take(self, fact: EngineFact) -> None:
        match fact:
            case EngineUp():
                if self._pbx is not None and self._phones is not None:
                    self._pbx.engine_up()
                    self._phones.engine_up()
                    self._switchboard.pbx_back()
                self._look_around()
            case EngineDown(is_replaced=True) if time.monotonic() - self._renewed_at > LEASE_SECONDS:
                # The database can't be asked, and others have had the time to conclude that this node is gone.
                raise self._over()
            case EngineDown():
                if self._pbx is not None and self._phones is not None:
                    self._switchboard.pbx_away()
                    self._pbx.engine_down()
                    self._phones.engine_down()
            case _:
                self._exchange.note(fact)
                if self._pbx is not None and self._phones is not None:
                    self._pbx.note(fact)
                    self._phones.note(fact)

    def _over(self) -> LifeOver:
        if isinstance(self._engine, PbxEngine):
            # Now, and not once every task has ended: one that waits for the database may take its time.
            self._engine.hand_over()
        return LifeOver()

    async def _keep_lease(self) -> None:
        while True:
            asked_at = time.monotonic()
            try:
                async with self._database.transaction() as tx:
                    if not await renew(tx, self._node_id):
                        raise self._over()
                self._renewed_at = asked_at
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                # The sound stays as it is; the lease is renewed as soon as that is possible.
                _log.warning("lease_not_renewed", reason=str(error))
            await pause(RENEW_SECONDS)
