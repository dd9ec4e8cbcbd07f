"""A steady beat for those who send a packet every 20 ms."""

import asyncio
from collections.abc import Callable

PERIOD = 0.02
"""Seconds between beats: one Opus frame."""

MAX_BEHIND = 10
"""Beats that are made up for after a stall; older ones are left out."""


class Beat:
    """Calls everyone who joined every 20 ms, without drift; runs only while someone is in.

    One timer serves all, so that a hundred senders cost one wake-up a frame.
    Owned by whoever made it; it stops when the last one leaves.
    """

    def __init__(self) -> None:
        self._members: dict[int, Callable[[], None]] = {}
        self._next_id = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def join(self, play: Callable[[], None]) -> int:
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
        behind = (loop.time() - self._due) / PERIOD
        if behind > MAX_BEHIND:
            self._due += PERIOD * int(behind - MAX_BEHIND)
        self._due += PERIOD
        self._timer = loop.call_at(self._due, self._play)
        for play in list(self._members.values()):
            play()
