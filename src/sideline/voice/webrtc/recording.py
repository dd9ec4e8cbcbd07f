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


class ReceivedPacket(NamedTuple):
    """One packet: when it came (monotonic seconds), its RTP numbers, its Opus payload."""

    at: float
    sequence: int
    timestamp: int
    payload: bytes


class SlotRecording:
    """The packets of one slot in the order of arrival."""

    def __init__(self) -> None:
        self.packets: list[ReceivedPacket] = []
        self.received = 0

    def add(self, at: float, sequence: int, timestamp: int, payload: bytes) -> None:
        """Keep one packet."""
        self.received += 1
        if len(self.packets) < MAX_PACKETS:
            self.packets.append(ReceivedPacket(at, sequence, timestamp, payload))

    def pcm(self, start: float, end: float) -> NDArray[np.float32]:
        """Return the sound from ``start`` to ``end`` (monotonic seconds), mono at 48 kHz, -1 … 1.

        Packets are decoded in their order by sequence number and laid at their
        RTP time, which is tied to the clock by the packet that came fastest; a
        lost packet leaves a gap of silence, as nothing here conceals loss.
        """
        sound = np.zeros(max(0, round((end - start) * SAMPLE_RATE)), dtype=np.float32)
        if not self.packets:
            return sound
        first = self.packets[0]
        spans = [_signed32(p.timestamp - first.timestamp) / SAMPLE_RATE for p in self.packets]
        origin = min(p.at - span for p, span in zip(self.packets, spans, strict=True))
        ordered = sorted(
            zip(self.packets, spans, strict=True), key=lambda item: _signed16(item[0].sequence - first.sequence)
        )
        decoder = _decoder()
        for packet, span in ordered:
            samples = _decode(decoder, packet.payload)
            at = round((origin + span - start) * SAMPLE_RATE)
            low, high = max(0, at), min(len(sound), at + len(samples))
            if low < high:
                sound[low:high] = samples[low - at : high - at]
        return sound


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


def _signed16(value: int) -> int:
    return (value + 0x8000) % 0x10000 - 0x8000


def _signed32(value: int) -> int:
    return (value + 0x80000000) % 0x100000000 - 0x80000000
