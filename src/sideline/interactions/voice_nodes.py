"""Voice nodes: one life of one voice process, alive as long as it renews its lease.

``name`` survives a restart, the id does not, so what an earlier life left
behind can be told from what this one does. Other processes trust
``lease_until`` only to choose a node; that a node is gone is concluded from
renewals that stay away (``node_tasks.py``), for clocks jump.
"""

from datetime import timedelta

from sqlalchemy import update

from sideline.interactions.models import VoiceNodeRow
from sideline.interactions.wake import wake_worker
from sideline.kit.db import Tx
from sideline.kit.ids import new_id

LEASE_SECONDS = 10.0
"""How long a node counts as alive after its last renewal."""

RENEW_SECONDS = 2.0


async def begin_life(tx: Tx, name: str, engine: str) -> str:
    """Register a voice process that has just started; return its node's id.

    Earlier lives of the same name are over: their legs are lost and their
    calls go to another node, which the worker is woken for.
    """
    await tx.session.execute(
        update(VoiceNodeRow).where(VoiceNodeRow.name == name, VoiceNodeRow.ended_at.is_(None)).values(ended_at=tx.now)
    )
    node = VoiceNodeRow(
        id=new_id(),
        name=name,
        engine=engine,
        started_at=tx.now,
        lease_until=tx.now + timedelta(seconds=LEASE_SECONDS),
    )
    tx.session.add(node)
    wake_worker(tx)
    return node.id


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
    ended = await tx.session.execute(
        update(VoiceNodeRow)
        .where(VoiceNodeRow.id == node_id, VoiceNodeRow.ended_at.is_(None))
        .values(ended_at=tx.now)
        .returning(VoiceNodeRow.id)
    )
    if ended.scalar_one_or_none() is None:
        return False
    wake_worker(tx)
    return True
