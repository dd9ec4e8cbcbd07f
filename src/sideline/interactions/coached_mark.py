"""The mark that an agent is being coached, kept by the engagements slice (V16)."""

from sideline.interactions.call_facts import LoadedCall, touch
from sideline.kit.db import Tx

COACHED = "coached"


async def set_coached(tx: Tx, loaded: LoadedCall, participant_id: str, is_coached: bool) -> None:
    """Note that a supervisor coaches this participant, or no longer does; while it stands they can't consult.

    Call it when an engagement that coaches is requested, switched to or from,
    and ends. Who is on the call is told; nothing happens if it stood so
    already.
    """
    participant = loaded.participant(participant_id)
    if participant.is_coached == is_coached:
        return
    participant.is_coached = is_coached
    await touch(tx, loaded, COACHED)
