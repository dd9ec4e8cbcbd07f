"""Cheap client legs that send speech and count what comes back, for the capacity bench."""

import asyncio
import time
from array import array
from collections.abc import Awaitable, Callable, Sequence
from os import urandom

import numpy as np

from sideline.voice.webrtc.adapter import MediaPath
from sideline.voice.webrtc.beat import Beat
from sideline.voice.webrtc.rtcp import Reception
from sideline.voice.webrtc.rtp import FIXED_HEADER
from sideline.voice.webrtc.slots import FRAME_SAMPLES, SAMPLE_RATE, SLOTS

LATE = 0.02
"""Seconds behind the fastest packet of its stream from which a packet counts as late: one frame."""


class CountingLeg:
    """Sends a loop of packets; counts, never decrypts."""

    def __init__(self, packets: Sequence[bytes], beat: Beat, *, slots: int = SLOTS, loopback_only: bool = True) -> None:
        self._path = MediaPath(self, loopback_only=loopback_only, decrypt=False)
        self._slots = slots
        self._packets = packets
        self._beat = beat
        self._n = int.from_bytes(urandom(2), "big")
        self._up = asyncio.Event()
        self._place = 0
        self._is_counting = False
        self._streams: dict[int, tuple[Reception, array[float]]] = {}

    async def connect(self, signal: Callable[[str], Awaitable[str]]) -> None:
        """Connect and begin to send."""
        offer = await self._path.offer(with_microphone=True, slots=self._slots)
        await self._path.accept(await signal(offer))
        await asyncio.wait_for(self._up.wait(), 20)
        self._place = self._beat.join(self._play)

    def count(self) -> None:
        """Count from now on."""
        self._streams.clear()
        self._is_counting = True

    def result(self) -> tuple[int, int, np.ndarray]:
        """Return packets received, lost, and each one's seconds behind the fastest of its stream."""
        self._is_counting = False
        received = sum(reception.received for reception, _ in self._streams.values())
        lost = sum(reception.lost for reception, _ in self._streams.values())
        behind = [np.asarray(delays) - min(delays) for _, delays in self._streams.values()]
        return received, lost, np.concatenate(behind) if behind else np.zeros(0)

    async def close(self) -> None:
        """Hang up."""
        self._beat.leave(self._place)
        await self._path.close()

    def rtp_received(self, packet: bytes) -> None:
        """Count one packet."""
        if not self._is_counting:
            return
        now = time.monotonic()
        _, _, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(packet)
        stream = self._streams.get(ssrc)
        if stream is None:
            stream = self._streams[ssrc] = (Reception(ssrc), array("d"))
        stream[0].count(sequence, timestamp, 0)
        stream[1].append(now - timestamp / SAMPLE_RATE)

    def rtcp_received(self, packet: bytes) -> None:
        """Ignore reports."""

    def path_up(self) -> None:
        """Let :meth:`connect` return."""
        self._up.set()

    def path_down(self, reason: str) -> None:
        """Leave it to the counts."""

    def _play(self, left_out: int) -> None:
        line = self._path.microphone
        if line is not None:
            self._n += 1
            header = FIXED_HEADER.pack(
                0x80, line.payload_type, self._n & 0xFFFF, self._n * FRAME_SAMPLES & 0xFFFFFFFF, 77
            )
            self._path.send_rtp(header + self._packets[self._n % len(self._packets)])
