"""Calls of a PBX that this installation is attached to no longer: nobody follows them, so they are over.

Only the demo, which is on one machine, may say so at once: elsewhere another
machine's voice process may be attached to a PBX that these settings don't
name, and half a day is waited for it (``interactions/pbx_tasks.py``). The
demo's own Asterisk ends with it, and the next one has another port.
"""

from sqlalchemy import select

from sideline.entry.composition import reactions
from sideline.interactions.call_facts import load_call, save_step
from sideline.interactions.models import InteractionRow
from sideline.kit.db import Database
from sideline.kit.settings import Settings
from sideline.rules import pbx_call
from sideline.voice.asterisk.client import read_address


async def end_former_calls(settings: Settings) -> None:
    """End every live call of a PBX that ``settings`` don't name."""
    names = _names(settings)
    former = select(InteractionRow.id).where(
        InteractionRow.ended_at.is_(None), InteractionRow.pbx_name != "", InteractionRow.pbx_name.not_in(names)
    )
    database = Database(settings.database_url, reactions=reactions(), pool_size=2)
    try:
        async with database.transaction() as tx:
            found = (await tx.session.scalars(former)).all()
        for interaction_id in found:
            async with database.transaction() as tx:
                loaded = await load_call(tx, interaction_id)
                if loaded.row.ended_at is None:
                    await save_step(tx, loaded, pbx_call.gone(loaded.call, None))
    finally:
        await database.aclose()


def _names(settings: Settings) -> list[str]:
    if settings.voice != "asterisk":
        return []
    try:
        return [read_address(url).name for url in settings.asterisk]
    except ValueError:
        return []  # The voice process says what is wrong with it.
