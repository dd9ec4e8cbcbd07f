"""A patch: the end of a leg that lies inside this process, as plain samples.

By a patch something else in the process (the media socket of a PBX) hears what
one leg's microphone says, and is heard by that leg. It takes part in the
ordinary forwarding: it is a listener with one slot and a speaker, so a slot's
packets stay continuous whatever happens to the leg. Here alone, at this edge,
sound is decoded and encoded.
"""

import time
from collections.abc import Callable
from os import urandom
from typing import Protocol

from sideline.voice.webrtc.beat import PERIOD, Beat
from sideline.voice.webrtc.forwarding import Outlet, Speaker, new_source
from sideline.voice.webrtc.jitter import NOTHING, JitterBuffer
from sideline.voice.webrtc.opus import OpusEncoder
from sideline.voice.webrtc.pcm import PCM_FRAME, PCM_RATE, PcmReader
from sideline.voice.webrtc.rtp import FIXED_HEADER
from sideline.voice.webrtc.slots import FRAME_SAMPLES, SAMPLE_RATE, SILENCE_FRAME, SlotStream

END_PREFIX = "patch of "
"""Begins the names of patches' ends in the forwarding table; no leg's id may begin so."""

BIT_RATE = 32_000

COMPLEXITY = 5
"""Of 10; each step is heard less than the one before, and 10 costs half as much again."""

LOOK_EVERY = 50
"""Frames between two looks at what the browser says is lost on the way to it."""

SILENT_FRAMES = 10
"""Frames of pure silence (200 ms) after which none is encoded until there is sound."""

PAUSE_SECONDS = 0.06
"""Without a frame for so long the end has paused; shorter than that it was only held up."""

MOST_MADE_UP = 1
"""Beats that are made up for after a stall of this process: whoever listens heard silence meanwhile."""

MAX_PARTIAL = 50 * PCM_FRAME
"""Octets taken at once; more would be a second of sound that is too late to be heard."""

_SILENCE = bytes(PCM_FRAME)


def end_of(leg_id: str) -> str:
    """Return the name of a leg's patch in the forwarding table."""
    return END_PREFIX + leg_id


class PcmEnd(Protocol):
    """What is at the inner end of a patch. Called in the event loop, must not block."""

    def heard(self, frame: bytes) -> None:
        """Take 20 ms of what the leg's microphone says: ``PCM_FRAME`` octets.

        Called 50 times a second as long as the patch is open; with zeros while
        the microphone doesn't send (muted, lost, not yet connected).
        """
        ...

    def unplugged(self) -> None:
        """Learn that the patch was closed by the engine: the leg was patched to another end, or the engine closes."""
        ...


class Patch:
    """Made by :meth:`~sideline.voice.webrtc.engine.WebRtcEngine.patch`; open until it is closed.

    It outlasts the leg's connections: while the leg is away neither side hears
    anything, and a phone that comes back is patched as before.
    """

    def __init__(self, leg_id: str, end: PcmEnd, beat: Beat, closed: Callable[["Patch"], None]) -> None:
        self.leg_id = leg_id
        self.end = end
        self.speaker: Speaker | None = None
        stream = SlotStream(0, 0, int.from_bytes(urandom(2), "big") & 0x7FFF)
        self.outlet = Outlet(stream, self._take)
        self.is_closed = False
        self._closed = closed
        self._beat = beat
        self._place = beat.join(self._play)
        self._buffer = JitterBuffer()
        self._reader = PcmReader()
        self._encoder = OpusEncoder(PCM_RATE, bit_rate=BIT_RATE, complexity=COMPLEXITY)
        self._source = new_source()
        self._sequence = 0
        self._timestamp = 0
        """Of the packet sent last; doesn't wrap."""
        self._began_at = time.monotonic()
        self._partial = b""
        self._said_at = 0.0
        self._silent = 0
        self._is_paused = True
        self._is_fresh = True
        self._beat_at = 0.0
        self._made_up = 0

    def say(self, pcm: bytes) -> None:
        """Let the leg hear ``pcm`` (any number of whole samples), now."""
        if self.is_closed:
            return
        now = time.monotonic()
        if self._is_paused:
            self._is_paused = False
            self._partial = b""
            self._go_on(now)
        self._said_at = now
        rest = (self._partial + pcm)[-MAX_PARTIAL:] if self._partial else pcm[-MAX_PARTIAL:]
        while len(rest) >= PCM_FRAME:
            self._say_frame(rest[:PCM_FRAME], now)
            rest = rest[PCM_FRAME:]
        self._partial = rest

    def close(self) -> None:
        """Part the leg from its end; may be called again."""
        if not self.is_closed:
            self.is_closed = True
            self._beat.leave(self._place)
            self._closed(self)

    # -- from the end to the leg

    def _say_frame(self, frame: bytes, now: float) -> None:
        self._silent = self._silent + 1 if frame == _SILENCE else 0
        if self.speaker is None or not self.speaker.outlets or self._silent > SILENT_FRAMES:
            self._say_silence(now)
            return
        if self._sequence % LOOK_EVERY == 0:
            self._encoder.expect_loss(max(outlet.loss for outlet in self.speaker.outlets))
        self._is_fresh = False
        self._send(self._encoder.encode(frame), now)

    def _say_silence(self, now: float) -> None:
        """Fill a frame's time, as a microphone does: a browser plays what begins and ends a fifth of a second late."""
        if not self._is_fresh:
            self._is_fresh = True
            self._encoder.reset()  # as silence frames do with the listener's decoder
        self._send(SILENCE_FRAME, now)

    def _send(self, payload: bytes, now: float) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp += FRAME_SAMPLES
        if self.speaker is not None:
            self.speaker.say(self._source, 0, self._sequence, self._timestamp & 0xFFFFFFFF, payload, now)

    def _go_on(self, now: float) -> None:
        """Let the next packet's timestamp be of now: behind it, a browser would take whatever follows for late."""
        self._timestamp = max(self._timestamp, round((now - self._began_at) * SAMPLE_RATE) - FRAME_SAMPLES)

    def _look_for_pause(self, now: float) -> None:
        if not self._is_paused and now - self._said_at > PAUSE_SECONDS:
            self._is_paused = True
            self._go_on(now)
        if self._is_paused:
            self._say_silence(now)

    # -- from the leg to the end

    def _take(self, packet: bytes) -> None:
        """Take one packet out of the slot."""
        _, _, sequence, _, _ = FIXED_HEADER.unpack_from(packet)
        self._buffer.put(sequence, packet[FIXED_HEADER.size :])

    def _play(self, left_out: int) -> None:
        now = time.monotonic()
        self._made_up = self._made_up + 1 if now - self._beat_at < PERIOD / 2 else 0
        self._beat_at = now
        if self._made_up > MOST_MADE_UP:
            return
        self._look_for_pause(now)
        reader = self._reader
        while not reader.has_frame:
            pulled = self._buffer.pull(is_quiet=reader.is_quiet)
            if pulled == NOTHING:
                reader.pause()
                self.end.heard(_SILENCE)
                return
            reader.read(pulled)
        self.end.heard(reader.take().tobytes())
