"""What a phone received in one slot, as packets and, on request, as sound."""

from typing import NamedTuple

import av
import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from sideline.voice.webrtc.rtp import opus_samples
from sideline.voice.webrtc.slots import SAMPLE_RATE

MAX_PACKETS = 30_000
"""Ten minutes; after that a recording keeps the first ones and counts on."""


FADE_SAMPLES = 240
"""5 ms."""

_FADE_IN = (0.5 - 0.5 * np.cos(np.pi * np.arange(FADE_SAMPLES) / FADE_SAMPLES)).astype(np.float32)


class ReceivedPacket(NamedTuple):
    """One packet: when it came (monotonic seconds), its RTP numbers, its Opus payload.

    ``begins`` is the marker bit: the first packet of a speaker's turn in the slot.
    """

    at: float
    sequence: int
    timestamp: int
    begins: bool
    payload: bytes


class Frame(NamedTuple):
    """A decoded packet, and the moment at which it is played (monotonic seconds)."""

    packet: ReceivedPacket
    played_at: float
    samples: NDArray[np.float32]


class SlotRecording:
    """The packets of one slot in the order of arrival."""

    def __init__(self) -> None:
        self.packets: list[ReceivedPacket] = []
        self.received = 0

    def add(self, at: float, sequence: int, timestamp: int, payload: bytes, *, begins: bool = False) -> None:
        """Keep one packet."""
        self.received += 1
        if len(self.packets) < MAX_PACKETS:
            self.packets.append(ReceivedPacket(at, sequence, timestamp, begins, payload))

    def pcm(self, start: float, end: float) -> NDArray[np.float32]:
        """Return the sound from ``start`` to ``end`` (monotonic seconds), mono at 48 kHz, -1 … 1.

        Packets are decoded in their order by sequence number and laid at their
        RTP time, which is tied to the clock by the packet of each turn that came
        fastest. A lost packet leaves a gap of silence, as nothing here conceals
        loss; the sound fades in and out around it, lest its edges splash over
        the spectrum.
        """
        sound = np.zeros(max(0, round((end - start) * SAMPLE_RATE)), dtype=np.float32)
        previous = 0
        for frame in self.frames():
            samples = frame.samples.copy()
            at = round((frame.played_at - start) * SAMPLE_RATE)
            if abs(at - previous) > FADE_SAMPLES:
                _fade_out(sound, previous)
                samples[:FADE_SAMPLES] *= _FADE_IN[: len(samples)]
            previous = at + len(samples)
            low, high = max(0, at), min(len(sound), previous)
            if low < high:
                sound[low:high] = samples[low - at : high - at]
        return sound

    def frames(self) -> list[Frame]:
        """Return all packets decoded, in order."""
        decoder = _decoder()
        return [Frame(packet, moment, _decode(decoder, packet.payload)) for packet, moment in self._laid_out()]

    def _laid_out(self) -> list[tuple[ReceivedPacket, float]]:
        """Return the packets in order, each with the moment at which it is played."""
        if not self.packets:
            return []
        first = self.packets[0].sequence
        turns: list[list[ReceivedPacket]] = [[]]
        for packet in sorted(self.packets, key=lambda p: _signed16(p.sequence - first)):
            if packet.begins:
                turns.append([])
            turns[-1].append(packet)
        laid: list[tuple[ReceivedPacket, float]] = []
        for turn in filter(None, turns):
            spans = [_signed32(p.timestamp - turn[0].timestamp) / SAMPLE_RATE for p in turn]
            origin = min(p.at - span for p, span in zip(turn, spans, strict=True))
            laid += [(p, origin + span) for p, span in zip(turn, spans, strict=True)]
        return laid


def _decoder() -> av.AudioCodecContext:
    decoder = av.AudioCodecContext.create("libopus", "r")
    decoder.format = "s16"
    decoder.layout = "mono"
    decoder.sample_rate = SAMPLE_RATE
    return decoder


def _decode(decoder: av.AudioCodecContext, payload: bytes) -> NDArray[np.float32]:
    if not opus_samples(payload):
        return np.zeros(0, dtype=np.float32)
    parts = [frame.to_ndarray().reshape(-1) for frame in decoder.decode(Packet(payload))]
    if not parts:
        return np.zeros(0, dtype=np.float32)
    return np.concatenate(parts).astype(np.float32) / np.float32(32768)


def _fade_out(sound: NDArray[np.float32], end: int) -> None:
    low, high = max(0, end - FADE_SAMPLES), min(len(sound), end)
    if low < high:
        sound[low:high] *= _FADE_IN[::-1][low - end + FADE_SAMPLES : high - end + FADE_SAMPLES]


def _signed16(value: int) -> int:
    return (value + 0x8000) % 0x10000 - 0x8000


def _signed32(value: int) -> int:
    return (value + 0x80000000) % 0x100000000 - 0x80000000
