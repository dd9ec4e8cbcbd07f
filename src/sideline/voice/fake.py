"""The signalling side of an engine without any sound (the fake that this port ships)."""

import asyncio

from sideline.voice.engine import LegId, LegRefused, LegRefusedForNow


class FakeLegs:
    """Answers offers at once (implements ``BrowserLegs``); what an engine would tell, a test says.

    Offers whose first line is not ``v=0`` are refused, as by every engine.
    While ``is_fast`` is not set offers wait, as behind a busy engine; while
    ``is_full`` they are refused for now.
    """

    def __init__(self) -> None:
        self.connected: dict[LegId, str] = {}
        """Leg to the offer that it is connected with."""
        self.asked: asyncio.Queue[LegId] = asyncio.Queue()
        """Legs whose offers have come in, answered or not."""
        self.ended: asyncio.Queue[LegId] = asyncio.Queue()
        """Legs that were disconnected on purpose."""
        self.is_fast = asyncio.Event()
        self.is_fast.set()
        self.is_full = False

    async def connect(self, leg_id: LegId, offer: str) -> str:
        """Answer ``offer``. Raises LegRefused for what is no offer, LegRefusedForNow while ``is_full``."""
        self.asked.put_nowait(leg_id)
        await self.is_fast.wait()
        if self.is_full:
            raise LegRefusedForNow("The voice engine is full.")
        if offer.splitlines()[:1] != ["v=0"]:
            raise LegRefused("This is not an SDP offer, so the phone can't be connected.")
        self.connected[leg_id] = offer
        return f"answer to {offer}"

    async def disconnect(self, leg_id: LegId) -> None:
        """End the leg; unknown ids are ignored."""
        if self.connected.pop(leg_id, None) is not None:
            self.ended.put_nowait(leg_id)
