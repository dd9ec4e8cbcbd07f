"""Wake-ups: which process should look at rows again; never the news itself."""

from sideline.interactions.models import InteractionRow
from sideline.kit.db import Tx

VOICE = "voice"
"""NOTIFY channel of the voice processes; payload ``<node_id>:call:<interaction_id>`` or ``<node_id>:leg:<leg_id>``."""

WORKER = "worker"
"""NOTIFY channel of the worker; no payload: it looks at what is due."""

LEG_ANSWERS = "leg_answers"
"""NOTIFY channel of the web processes; payload ``<leg_id>:<generation>``."""


def wake_voice(tx: Tx, row: InteractionRow) -> None:
    """Let the call's voice node look at the call again, once this transaction commits."""
    if row.voice_node_id is not None:
        tx.wake(VOICE, f"{row.voice_node_id}:call:{row.id}")


def wake_voice_for_leg(tx: Tx, node_id: str, leg_id: str) -> None:
    """Let a voice node look at a leg's row again."""
    tx.wake(VOICE, f"{node_id}:leg:{leg_id}")


def wake_worker(tx: Tx) -> None:
    """Let the worker look at what is due."""
    tx.wake(WORKER)


def wake_leg_answer(tx: Tx, leg_id: str, generation: int) -> None:
    """Let the web process that waits for this answer read it."""
    tx.wake(LEG_ANSWERS, f"{leg_id}:{generation}")
