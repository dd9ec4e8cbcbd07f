"""A bot's phone: a leg that comes back when it is lost, and says lines."""

import asyncio
from collections.abc import Awaitable, Callable

from sideline.entry.demo.voices import line_of
from sideline.kit.pauses import pause
from sideline.voice.webrtc.beat import Beat
from sideline.voice.webrtc.client import BrowserLikePhone, PhoneFailed

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 8.0


class BotPhone:
    """Keeps one leg connected while :meth:`stay` runs."""

    def __init__(
        self, signal: Callable[[str], Awaitable[str]], speaker: str, beat: Beat, *, loopback_only: bool
    ) -> None:
        self._signal = signal
        self._speaker = speaker
        self._beat = beat
        self._loopback_only = loopback_only
        self._phone: BrowserLikePhone | None = None
        self.is_up = asyncio.Event()

    async def stay(self, reconnect_wanted: asyncio.Event) -> None:
        """Connect, and again whenever the leg is lost or ``reconnect_wanted``, until cancelled."""
        delay = FIRST_DELAY_SECONDS
        while True:
            phone = BrowserLikePhone(self._signal, listen=False, beat=self._beat, loopback_only=self._loopback_only)
            try:
                await phone.connect()
                self._phone = phone
                self.is_up.set()
                delay = FIRST_DELAY_SECONDS
                await _first_of(phone.wait_down(), reconnect_wanted.wait())
                reconnect_wanted.clear()
            except PhoneFailed:
                await pause(delay)
                delay = min(delay * 2, LONGEST_DELAY_SECONDS)
            finally:
                self.is_up.clear()
                self._phone = None
                await phone.close()

    async def say(self, line: int) -> None:
        """Say a line of this speaker's to its end; a leg that is lost meanwhile says no more of it."""
        if self._phone is None:
            return
        await asyncio.wait({self._phone.play(line_of(self._speaker, line))}, timeout=20.0)


async def _first_of(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
