"""Taking turns: two bots on one call do not talk at once. Timing only; what they know they know from the API."""

import asyncio


class Floor:
    """Who of a call's two sides has finished a sentence."""

    def __init__(self) -> None:
        self._finished = {"agent": asyncio.Event(), "customer": asyncio.Event()}

    def finished(self, side: str) -> None:
        """Let the other side go on."""
        self._finished[side].set()

    async def my_turn(self, side: str, seconds: float) -> None:
        """Wait until the other side has finished a sentence; for a silent one not longer than ``seconds``."""
        other = self._finished["customer" if side == "agent" else "agent"]
        try:
            async with asyncio.timeout(seconds):
                await other.wait()
        except TimeoutError:
            pass
        other.clear()


class Floors:
    """The floors of the calls that bots are on, by Call ID; the oldest are forgotten."""

    KEPT = 64

    def __init__(self) -> None:
        self._floors: dict[int, Floor] = {}

    def of(self, number: int) -> Floor:
        """Return the call's floor."""
        floor = self._floors.setdefault(number, Floor())
        while len(self._floors) > self.KEPT:
            self._floors.pop(next(iter(self._floors)))
        return floor
