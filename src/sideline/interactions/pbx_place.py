"""Whose a PBX's customer is, as a row: follows from who has the call."""

from sideline.interactions.models import InteractionRow, QueueRow
from sideline.rules.call import Call
from sideline.rules.pbx_call import Place, place_after


def save_place(row: InteractionRow, call: Call, queue: QueueRow | None) -> None:
    """Note whose the customer is after a step to ``call``; nothing for a call of Sideline's own.

    A customer who is given back goes where ``row.pbx_extension`` says, which a
    transfer has set; after a supervisor who just left, to the queue or, without
    one, where the PBX's dialplan goes on.
    """
    if not row.pbx_name:
        return
    place = place_after(Place(row.pbx_place), call)
    if place == row.pbx_place:
        return
    if place == Place.TAKEN:
        row.pbx_extension = ""
    elif place == Place.GIVEN:
        row.pbx_extension = row.pbx_extension or queue_extension(queue)
    row.pbx_place = place


def queue_extension(queue: QueueRow | None) -> str:
    """Return what the PBX dials for a queue; empty where it has no such."""
    return "" if queue is None else queue.pbx_queue
