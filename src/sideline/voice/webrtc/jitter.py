"""The jitter buffer of a patch: packets in as they come, 20 ms a beat out. Pure."""

from typing import NamedTuple

from sideline.voice.webrtc.rtp import opus_samples
from sideline.voice.webrtc.slots import FRAME_SAMPLES

MAX_SPARE = 2 * FRAME_SAMPLES
"""Samples that may lie here after a pull; above it sound is shortened: 40 ms, so at most 60 ms of delay."""

LEAP_SPARE = 4 * FRAME_SAMPLES
"""Above it (what came at once after a stall) the older packets are thrown away."""

MAX_MISSING = 3
"""Pulls that find nothing before the microphone counts as paused: 60 ms of concealment."""

WATCHED_PULLS = 100
"""Pulls (2 s) through which a frame was never needed, after which it is taken out in the next quiet moment."""

PATIENT_PULLS = 500
"""Pulls (10 s) after which it is taken out of sound, too: how clocks that drift apart are followed."""

_DTX_PAYLOAD = 2
"""Octets of a payload that says "silence goes on" at most (RFC 6716 section 3.1: no coded frame inside)."""


class Pull(NamedTuple):
    """What to play at a beat: nothing, a packet, two to be made into one, or something in place of a missing one."""

    payloads: tuple[bytes, ...] = ()
    is_missing: bool = False
    repair: bytes = b""
    """The packet after a missing one, which may repeat what matters of it (in-band FEC)."""


NOTHING = Pull()
MISSING = Pull(is_missing=True)


class JitterBuffer:
    """Orders the packets of one RTP stream and hands them out at a steady beat.

    Begins with a delay of what is needed, one frame on a good network. A packet
    that is late makes the delay longer by the wait for it, up to 60 ms; a frame
    of delay that nobody needs for some seconds goes again. So neither a burst
    nor two clocks that differ ever add up to a delay that stays.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, bytes] = {}
        self._newest = 0
        self._next: int | None = None
        self._played = -1
        self._target = FRAME_SAMPLES
        self._held = 0
        self._missing = 0
        self._is_dtx = False
        self._watched = 0
        self._least_spare = MAX_SPARE

    @property
    def level(self) -> int:
        """Samples (at 48 kHz) that wait to be played."""
        return sum(map(opus_samples, self._waiting.values()))

    def put(self, sequence: int, payload: bytes) -> None:
        """Take one packet; one that is malformed, came before, or comes too late is dropped."""
        number = self._newest + _signed16(sequence - self._newest)
        if self._played < 0 and not self._waiting:
            number = (sequence & 0xFFFF) + 0x10000
            self._newest = number
        if number <= self._played or number in self._waiting or not opus_samples(payload):
            return
        self._waiting[number] = payload
        self._newest = max(self._newest, number)
        while self._spare() > LEAP_SPARE:
            oldest = min(self._waiting)
            del self._waiting[oldest]
            self._played = oldest
            if self._next is not None:
                self._next = max(self._next, oldest + 1)

    def pull(self, *, is_quiet: bool = False) -> Pull:
        """Return what to play now; ``is_quiet``: what was played last can be shortened unheard."""
        if self._next is None:
            if not self._waiting or not self._is_filled():
                return NOTHING
            self._next = min(self._waiting)
            self._held = self._missing = 0
            self._watch_anew()
        if self._next in self._waiting:
            return self._play(is_quiet)
        if self._waiting and (self.level >= self._target or self._missing >= MAX_MISSING):
            return self._skip(is_quiet)
        return self._wait()

    # -- within

    def _is_filled(self) -> bool:
        """Tell whether a stream that begins has come far enough (or was waited for long enough)."""
        self._held += 1
        return self.level >= self._target or self._held * FRAME_SAMPLES >= self._target

    def _play(self, is_quiet: bool) -> Pull:
        if self._missing:  # what was missing was late, not lost: so much delay is needed
            self._target = min(self._target + FRAME_SAMPLES, MAX_SPARE)
            self._missing = 0
            self._watch_anew()
        first = self._take()
        if self._shall_shorten(is_quiet) and self._next in self._waiting:
            self._target = max(self._target - FRAME_SAMPLES, FRAME_SAMPLES)
            self._watch_anew()
            return Pull((first, self._take()))
        return Pull((first,))

    def _skip(self, is_quiet: bool) -> Pull:
        """Give up what later packets overtook; what was played in its place already took its time."""
        assert self._next is not None
        gap = min(self._waiting) - self._next
        self._next += gap if gap > MAX_MISSING else min(gap, self._missing)
        self._missing = 0
        if self._next in self._waiting:
            return self._play(is_quiet)
        self._played = self._next
        self._next += 1
        return Pull(is_missing=True, repair=self._waiting.get(self._next, b""))

    def _wait(self) -> Pull:
        """Play something in place of what is late; after a while, or after DTX, it is a pause."""
        self._missing += 1
        if not self._waiting and (self._is_dtx or self._missing > MAX_MISSING):
            self._next = None
            self._missing = self._held = 0
            return NOTHING
        return MISSING

    def _take(self) -> bytes:
        assert self._next is not None
        payload = self._waiting.pop(self._next)
        self._played = self._next
        self._next += 1
        self._is_dtx = len(payload) <= _DTX_PAYLOAD
        return payload

    def _spare(self) -> int:
        if not self._waiting:
            return 0
        return self.level - opus_samples(self._waiting[min(self._waiting)])

    def _shall_shorten(self, is_quiet: bool) -> bool:
        spare = self.level
        self._watched += 1
        self._least_spare = min(self._least_spare, spare)
        if spare > MAX_SPARE:
            return True
        if self._watched < WATCHED_PULLS:
            return False
        if self._least_spare < FRAME_SAMPLES:
            self._watch_anew()
            return False
        return is_quiet or self._watched >= PATIENT_PULLS

    def _watch_anew(self) -> None:
        self._watched = 0
        self._least_spare = MAX_SPARE


def _signed16(value: int) -> int:
    return (value + 0x8000) % 0x10000 - 0x8000
