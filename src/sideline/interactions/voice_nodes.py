"""Voice nodes: one life of one voice process, alive as long as it renews its lease.

``name`` survives a restart, the id does not, so what an earlier life left
behind can be told from what this one does. Other processes trust
``lease_until`` only to choose a node; that a node is gone is concluded from
renewals that stay away (``node_tasks.py``), for clocks jump.

A process that lives may serve a PBX that it can't reach. So a life of a PBX's
node begins away, and its engine says when the PBX is there; the built-in
engine is never away.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text, update

from sideline.interactions.events import PbxReachChanged
from sideline.interactions.models import VoiceNodeRow
from sideline.interactions.wake import wake_worker
from sideline.kit.db import Tx
from sideline.kit.ids import new_id

LEASE_SECONDS = 10.0
"""How long a node counts as alive after its last renewal."""

RENEW_SECONDS = 2.0

_BUILT_IN = "webrtc"
"""The engine of a node that serves no PBX."""


async def begin_life(tx: Tx, name: str, engine: str) -> str:
    """Register a voice process that has just started; return its node's id.

    Earlier lives of the same name are over: their legs are lost and their
    calls go to another node, which the worker is woken for.
    """
    await _end_lives(tx, VoiceNodeRow.name == name)
    return _begin(tx, name, engine, name).id


async def begin_life_if_free(tx: Tx, name: str, engine: str, process: str) -> str | None:
    """Register that ``process`` serves the PBX ``name`` from now on; return its node's id, None if another has it.

    An earlier life with the same process is over: it has just started. Another
    process' is over once that has said so, or has been silent for too long.
    The PBX counts as away until :func:`note_reached`.
    """
    await tx.session.execute(_ONE_AT_A_TIME, {"name": name})
    await _end_lives(tx, VoiceNodeRow.name == name, VoiceNodeRow.process == process)
    alive = select(VoiceNodeRow.id).where(VoiceNodeRow.name == name, VoiceNodeRow.ended_at.is_(None))
    if await tx.session.scalar(alive) is not None:
        return None
    away_since = await tx.session.scalar(
        select(func.max(func.coalesce(VoiceNodeRow.away_since, VoiceNodeRow.ended_at))).where(VoiceNodeRow.name == name)
    )
    node = _begin(tx, name, engine, process)
    node.away_since = min(away_since or tx.now, tx.now)
    return node.id


async def note_reached(tx: Tx, node_id: str) -> None:
    """Note that this life of a PBX's node reaches its PBX."""
    await _set_away(tx, node_id, VoiceNodeRow.away_since.is_not(None), None)


async def note_away(tx: Tx, node_id: str) -> None:
    """Note that this life of a PBX's node can't reach its PBX any more."""
    await _set_away(tx, node_id, VoiceNodeRow.away_since.is_(None), tx.now)


async def _set_away(tx: Tx, node_id: str, is_news: ColumnElement[bool], away_since: datetime | None) -> None:
    changed = await tx.session.execute(
        update(VoiceNodeRow)
        .where(VoiceNodeRow.id == node_id, VoiceNodeRow.ended_at.is_(None), is_news)
        .values(away_since=away_since)
        .returning(VoiceNodeRow.id)
    )
    if changed.scalar_one_or_none() is not None:
        tx.record(PbxReachChanged(node_id=node_id))


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 11))")


async def _end_lives(tx: Tx, *which: ColumnElement[bool]) -> int:
    """End these lives, and tell of each whose PBX was reached until now; return how many there were."""
    ended = await tx.session.execute(
        update(VoiceNodeRow)
        .where(VoiceNodeRow.ended_at.is_(None), *which)
        .values(ended_at=tx.now)
        .returning(VoiceNodeRow.id, VoiceNodeRow.engine, VoiceNodeRow.away_since)
    )
    rows = ended.all()
    for node_id, engine, away_since in rows:
        if engine != _BUILT_IN and away_since is None:
            tx.record(PbxReachChanged(node_id=node_id))
    return len(rows)


def _begin(tx: Tx, name: str, engine: str, process: str) -> VoiceNodeRow:
    node = VoiceNodeRow(
        id=new_id(),
        name=name,
        engine=engine,
        process=process,
        started_at=tx.now,
        lease_until=tx.now + timedelta(seconds=LEASE_SECONDS),
    )
    tx.session.add(node)
    wake_worker(tx)
    return node


async def renew(tx: Tx, node_id: str) -> bool:
    """Renew a node's lease; return False if its life was declared over, and the process must start a new one."""
    renewed = await tx.session.execute(
        update(VoiceNodeRow)
        .where(VoiceNodeRow.id == node_id, VoiceNodeRow.ended_at.is_(None))
        .values(lease_until=tx.now + timedelta(seconds=LEASE_SECONDS))
        .returning(VoiceNodeRow.id)
    )
    return renewed.scalar_one_or_none() is not None


async def end_life(tx: Tx, node_id: str) -> bool:
    """Note that a node is gone; return False if that was known."""
    if not await _end_lives(tx, VoiceNodeRow.id == node_id):
        return False
    wake_worker(tx)
    return True
