"""A steady beat for those who send a packet every 20 ms."""

import asyncio
from collections.abc import Callable

PERIOD = 0.02
"""Seconds between beats: one Opus frame."""

MAX_BEHIND = 25
"""Beats that are made up for after a stall of this process; older ones are left out."""


Play = Callable[[int], None]
"""Called at a beat with the number of beats left out just before it: nearly always 0."""


class Beat:
    """Calls everyone who joined every 20 ms, without drift; runs only while someone is in.

    One timer serves all, so that a hundred senders cost one wake-up a frame.
    Owned by whoever made it; it stops when the last one leaves.
    """

    def __init__(self) -> None:
        self._members: dict[int, Play] = {}
        self._next_id = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def join(self, play: Play) -> int:
        """Call ``play`` at every beat from now on; return the number to :meth:`leave` with."""
        self._next_id += 1
        self._members[self._next_id] = play
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time() + PERIOD
            self._timer = loop.call_at(self._due, self._play)
        return self._next_id

    def leave(self, number: int) -> None:
        """Stop calling; unknown numbers are ignored."""
        self._members.pop(number, None)
        if not self._members and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _play(self) -> None:
        loop = asyncio.get_running_loop()
        left_out = max(0, int((loop.time() - self._due) / PERIOD) - MAX_BEHIND)
        self._due += PERIOD * (left_out + 1)
        self._timer = loop.call_at(self._due, self._play)
        for play in list(self._members.values()):
            play(left_out)
