"""The inner end of a patch, in tests: it records what it hears, and plays a tone when asked."""

import asyncio
import time

import numpy as np
from numpy.typing import NDArray

from sideline.voice.webrtc.beat import Beat
from sideline.voice.webrtc.patch import Patch
from sideline.voice.webrtc.pcm import PCM_FRAME, PCM_RATE, PCM_SAMPLES
from tests.support.sound import SAMPLE_RATE

SCALE = SAMPLE_RATE // PCM_RATE


def pcm_tone(hertz: int, level: float = 0.3) -> bytes:
    """Return 20 ms of a tone that may be looped: ``hertz`` a multiple of 50."""
    at = np.arange(PCM_SAMPLES) / PCM_RATE
    return (level * 32767 * np.sin(2 * np.pi * hertz * at)).astype("<i2").tobytes()


class RecordingEnd:
    """An end that keeps every frame it hears with its moment."""

    def __init__(self) -> None:
        self.frames: list[tuple[float, bytes]] = []
        self.is_unplugged = False
        self._beat = Beat()
        self._place: int | None = None
        self._news = asyncio.Event()

    def heard(self, frame: bytes) -> None:
        assert len(frame) == PCM_FRAME
        self.frames.append((time.monotonic(), frame))
        self._news.set()

    def unplugged(self) -> None:
        self.is_unplugged = True

    def play(self, patch: Patch, frame: bytes) -> None:
        """Say a frame again and again, until :meth:`stop`."""
        self.stop()
        self._place = self._beat.join(lambda left_out: patch.say(frame))

    def stop(self) -> None:
        """Say nothing more."""
        if self._place is not None:
            self._beat.leave(self._place)
            self._place = None

    async def next_sound(self, within: float = 3.0) -> None:
        """Return when a frame comes that is more than silence."""
        async with asyncio.timeout(within):
            while True:
                self._news.clear()
                await self._news.wait()
                if any(self.frames[-1][1]):
                    return

    def pcm(self, start: float, end: float) -> NDArray[np.float32]:
        """Return what was heard between two moments (monotonic seconds), mono at 48 kHz, as the ruler wants it."""
        sound = np.zeros(max(0, round((end - start) * SAMPLE_RATE)), dtype=np.float32)
        chosen = [frame for at, frame in self.frames if start <= at < end]
        if chosen:
            samples = np.frombuffer(b"".join(chosen), dtype="<i2").astype(np.float32) / 32768
            position = np.arange(len(samples) * SCALE) / SCALE
            whole = np.interp(position, np.arange(len(samples)), samples).astype(np.float32)
            length = min(len(sound), len(whole))
            sound[:length] = whole[:length]
        return sound
