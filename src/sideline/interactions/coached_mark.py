"""The mark that an agent is being coached, kept by the engagements slice (V16)."""

from sideline.interactions.call_facts import LoadedCall
from sideline.interactions.call_news import record_privately
from sideline.kit.db import Tx

COACHED = "coached"


async def set_coached(tx: Tx, loaded: LoadedCall, participant_id: str, is_coached: bool) -> None:
    """Note that a supervisor coaches this participant, or no longer does; while it stands they can't consult.

    Call it when an engagement that coaches is requested, switched to or from,
    and ends. The coached agent alone is told, and the interaction's version
    stays: a gap in it would tell everybody else. Nothing happens if it stood so
    already.
    """
    participant = loaded.participant(participant_id)
    if participant.is_coached == is_coached:
        return
    participant.is_coached = is_coached
    if participant.user_id is not None:
        await record_privately(tx, loaded.row, COACHED, participant.user_id)
