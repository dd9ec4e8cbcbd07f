"""A bounded queue of facts with one reader."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from sideline.voice.engine import EngineFact, EngineUp

MAX_FACTS = 10_000
"""Facts kept for a reader that falls behind."""


class FactQueue:
    """Holds facts until they are read.

    When the reader falls too far behind, everything is dropped but one
    :class:`EngineUp`, which tells it to look at ``observe()`` again.
    """

    def __init__(self) -> None:
        self._facts: deque[EngineFact] = deque()
        self._changed = asyncio.Event()
        self._is_closed = False

    def put(self, fact: EngineFact) -> None:
        """Add a fact; ignored once closed."""
        if self._is_closed:
            return
        if len(self._facts) >= MAX_FACTS:
            self._facts.clear()
            fact = EngineUp()
        self._facts.append(fact)
        self._changed.set()

    def close(self) -> None:
        """End the reading after what is still queued."""
        self._is_closed = True
        self._changed.set()

    async def read(self) -> AsyncIterator[EngineFact]:
        """Yield facts as they come, until closed."""
        while True:
            while self._facts:
                yield self._facts.popleft()
            if self._is_closed:
                return
            self._changed.clear()
            await self._changed.wait()
