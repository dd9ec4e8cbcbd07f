"""Which slot carries which speaker, and how a slot's packet stream stays continuous.

Pure: no IO, no clock, no async. A *slot* is one of the ``SLOTS`` receive-only
audio lines of a listener's offer; the listener's browser sees each as one
endless RTP stream (RFC 3550) with its own SSRC, whoever speaks in it.
"""

from collections.abc import Collection
from struct import Struct
from typing import NamedTuple

SLOTS = 4
"""Receive-only audio lines that every leg offers, so speakers it can hear at once."""

SAMPLE_RATE = 48_000
"""RTP clock of Opus in Hz, whatever the coded bandwidth (RFC 7587 section 4.1)."""

FRAME_SAMPLES = 960
"""Samples of the usual 20 ms frame."""

SILENCE_FRAME = bytes.fromhex("0807c6b30ec6")
"""A 20 ms frame of silence, coded by Opus' speech layer (SILK, narrowband).

Not the shorter ``f8 ff fe``: that one is coded by the other layer (CELT), whose
decoder predicts each band's energy from the frame before, so that whoever
speaks next in the slot swells from nothing over some 60 ms. A frame of the other
layer makes it start afresh: measured 40 ms sooner (``docs/adr/0022``).
"""

SILENCE_TAIL_FRAMES = 2
"""Silence frames sent into a slot that falls idle.

With a bare stop a browser stretches the last sound for 256 ms. The second
frame covers the loss of the first.
"""

MAX_STEP = 1000
"""Sequence numbers that a speaker may leap ahead; further is a new start of the stream."""

MAX_LATE = 64
"""Sequence numbers that a packet may come late and still be forwarded in its place."""

_HEADER = Struct(">BBHII")
_NO_EXTENSION = 0x80  # version 2, no padding, no extension, no contributing sources
_MARKER = 0x80


class SlotChange(NamedTuple):
    """What :meth:`SlotTable.assign` changed: slot number → speaker, and who found no slot."""

    closed: dict[int, str]
    opened: dict[int, str]
    waiting: tuple[str, ...]


class SlotTable:
    """Assigns speakers to the slots of one listener.

    A speaker keeps its slot while it is wanted. A new speaker gets the least
    recently used free slot, so that what still lies in a slot's jitter buffer
    has been played before another speaks there. When more speakers are wanted
    than there are slots, those who hold one keep it (a voice does not vanish
    because another came), the others wait in order of arrival, and a speaker
    in ``yielding`` (hold music) gives way to anyone else.
    """

    def __init__(self, size: int = SLOTS, yielding: frozenset[str] = frozenset()) -> None:
        self._speakers: list[str | None] = [None] * size
        self._used_at = [0] * size
        self._clock = 0
        self._arrivals: list[str] = []
        self._yielding = yielding

    @property
    def speakers(self) -> tuple[str | None, ...]:
        """The speaker in each slot; None where idle."""
        return tuple(self._speakers)

    def assign(self, wanted: Collection[str]) -> SlotChange:
        """Make the slots carry ``wanted``; return what changed."""
        self._arrivals = [s for s in self._arrivals if s in wanted]
        self._arrivals += sorted(s for s in wanted if s not in self._arrivals)
        kept = self._choose()
        closed = {slot: s for slot, s in enumerate(self._speakers) if s is not None and s not in kept}
        for slot in closed:
            self._speakers[slot] = None
            self._used_at[slot] = self._tick()
        opened: dict[int, str] = {}
        for speaker in kept:
            if speaker not in self._speakers:
                slot = self._least_recently_used()
                self._speakers[slot] = speaker
                self._used_at[slot] = self._tick()
                opened[slot] = speaker
        return SlotChange(closed, opened, tuple(s for s in self._arrivals if s not in kept))

    def _choose(self) -> list[str]:
        """Return who gets a slot: holders first, then by arrival, the yielding last."""
        ranked = sorted(self._arrivals, key=lambda s: (s in self._yielding, s not in self._speakers))
        return ranked[: len(self._speakers)]

    def _least_recently_used(self) -> int:
        free = (slot for slot, speaker in enumerate(self._speakers) if speaker is None)
        return min(free, key=lambda slot: self._used_at[slot])

    def _tick(self) -> int:
        self._clock += 1
        return self._clock


class SlotStream:
    """Rewrites the headers of whoever speaks in a slot into one continuous RTP stream.

    A *source* is any number that differs between two speakers, and between two
    streams of one speaker (its SSRC changes when it reconnects). At a change of
    source the sequence goes on with the next number, and the timestamp with the
    time that really passed, so the listener's jitter buffer sees one voice that
    paused. Within a source, sequence and timestamp move with the speaker's own,
    so loss and reordering remain visible to the listener's concealment.

    Sequence numbers only ever move forward when a source joins, and a late
    packet from before the join is dropped: no number is used for two payloads
    (under SRTP that would reuse a key stream), provided that no source repeats
    a number, which SRTP's replay protection ensures.
    """

    __slots__ = (
        "_forwarded",
        "_in_sequence",
        "_sent_at",
        "_sequence_shift",
        "_source",
        "_timestamp_shift",
        "octets",
        "packets",
        "payload_type",
        "sequence",
        "ssrc",
        "timestamp",
    )

    def __init__(self, ssrc: int, payload_type: int, sequence: int = 0, timestamp: int = 0) -> None:
        """Start a stream whose next packet follows ``sequence`` and ``timestamp``."""
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.sequence = sequence & 0xFFFF
        self.timestamp = timestamp & 0xFFFFFFFF
        self.packets = 0
        self.octets = 0
        self._source: int | None = None
        self._sent_at: float | None = None
        self._in_sequence = 0
        self._sequence_shift = 0
        self._timestamp_shift = 0
        self._forwarded = 0

    def forward(self, source: int, marker: int, sequence: int, timestamp: int, payload: bytes, now: float) -> bytes:
        """Return the packet to send into this slot, or ``b""`` for one that must be dropped.

        ``marker`` is the speaker's second header byte (its payload type is
        ignored); ``now`` is in seconds of any steady clock. The result carries
        neither header extensions nor contributing sources nor padding.
        """
        step = (sequence - self._in_sequence) & 0xFFFF
        marker &= _MARKER
        if source == self._source and 0 < step <= MAX_STEP:
            self._forwarded += step
        elif source == self._source and step == 0:
            return b""
        elif source == self._source and 0x10000 - step <= MAX_LATE:
            if 0x10000 - step > self._forwarded:
                return b""
            self.packets += 1
            self.octets += len(payload)
            return self._packet(marker, sequence + self._sequence_shift, timestamp + self._timestamp_shift, payload)
        else:
            self._join(source, sequence, timestamp, now)
            marker = _MARKER
        self._in_sequence = sequence
        self._sent_at = now
        self.sequence = (sequence + self._sequence_shift) & 0xFFFF
        self.timestamp = (timestamp + self._timestamp_shift) & 0xFFFFFFFF
        self.packets += 1
        self.octets += len(payload)
        return (
            _HEADER.pack(_NO_EXTENSION, marker | self.payload_type, self.sequence, self.timestamp, self.ssrc) + payload
        )

    def close(self, now: float) -> list[bytes]:
        """End the present source; return the silence tail to send unless the slot is reused at once."""
        if self._source is None:
            return []
        self._source = None
        tail = []
        for _ in range(SILENCE_TAIL_FRAMES):
            self.sequence = (self.sequence + 1) & 0xFFFF
            self.timestamp = (self.timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
            self.packets += 1
            self.octets += len(SILENCE_FRAME)
            tail.append(self._packet(0, self.sequence, self.timestamp, SILENCE_FRAME))
        self._sent_at = now
        return tail

    def reuse(self) -> None:
        """End the present source without a tail, because another speaks here at once."""
        self._source = None

    def timestamp_at(self, now: float) -> int:
        """Return the RTP timestamp that this slot's clock shows ``now`` (for sender reports)."""
        passed = 0.0 if self._sent_at is None else now - self._sent_at
        return (self.timestamp + round(passed * SAMPLE_RATE)) & 0xFFFFFFFF

    def _join(self, source: int, sequence: int, timestamp: int, now: float) -> None:
        gap = FRAME_SAMPLES
        if self._sent_at is not None:
            gap = max(gap, round((now - self._sent_at) * SAMPLE_RATE))
        self._source = source
        self._sequence_shift = (self.sequence + 1 - sequence) & 0xFFFF
        self._timestamp_shift = (self.timestamp + gap - timestamp) & 0xFFFFFFFF
        self._forwarded = 0

    def _packet(self, marker: int, sequence: int, timestamp: int, payload: bytes) -> bytes:
        return (
            _HEADER.pack(
                _NO_EXTENSION,
                marker | self.payload_type,
                sequence & 0xFFFF,
                timestamp & 0xFFFFFFFF,
                self.ssrc,
            )
            + payload
        )
