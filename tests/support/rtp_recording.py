"""What a telephone hears, from the RTP packets that reach it: G.711, laid out on a smooth timeline."""

import struct
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.loopback_ear import Datagram
from tests.support.sound import SAMPLE_RATE

LINE_RATE = 8_000
UPWARDS = SAMPLE_RATE // LINE_RATE

FADE = 40
"""Samples of the line: 5 ms."""
AHEAD = 12
"""Packets that one looks ahead to tell a delay, which passes, from a shift, which stays."""
SHIFT = 0.012
"""Seconds by which the timeline of a stream may be off before it is laid out anew."""
TAPS = 16


class RtpPacket(NamedTuple):
    """One packet of G.711: when it came (monotonic seconds), its port, its RTP numbers and its sound."""

    at: float
    port: int
    ssrc: int
    sequence: int
    timestamp: int
    begins: bool
    payload_type: int
    payload: bytes

    @property
    def sound(self) -> NDArray[np.float32]:
        """Its samples at the line's rate, -1 … 1."""
        return _TABLES[self.payload_type][np.frombuffer(self.payload, np.uint8)]


class RtpRecording:
    """All that reached a telephone's RTP ports."""

    def __init__(self) -> None:
        self.packets: list[RtpPacket] = []

    def take(self, datagram: Datagram) -> None:
        """Keep one packet, if it carries sound."""
        payload = datagram.payload
        if len(payload) <= 12 or payload[0] >> 6 != 2:
            return
        kind = payload[1] & 0x7F
        if kind not in _TABLES:
            return
        sequence, timestamp, ssrc = struct.unpack_from("!HII", payload, 2)
        begins = bool(payload[1] & 0x80)
        sound = payload[12 + 4 * (payload[0] & 0x0F) :]
        self.packets.append(RtpPacket(datagram.at, datagram.port, ssrc, sequence, timestamp, begins, kind, sound))

    def heard(self, start: float, end: float) -> NDArray[np.float32]:
        """Return the sound from ``start`` to ``end`` (monotonic seconds), mono at 48 kHz, -1 … 1.

        Packets are laid at their RTP time, which is tied to the clock by the one that came fastest of those around it.
        Several streams at once (a call on hold, another that is spoken on) are added up. Where packets are missing
        there is silence, and the sound fades around it, lest its edges splash over the spectrum.
        """
        margin = TAPS
        line = np.zeros(max(0, round((end - start) * LINE_RATE)) + 2 * margin, dtype=np.float32)
        origin = start - margin / LINE_RATE
        streams: dict[tuple[int, int], list[RtpPacket]] = {}
        for packet in self._between(start - 5, end + 1):
            streams.setdefault((packet.port, packet.ssrc), []).append(packet)
        for stream in streams.values():
            for sound, at in _runs(stream):
                begin = round((at - origin) * LINE_RATE)
                low, high = max(0, begin), min(len(line), begin + len(sound))
                if low < high:
                    line[low:high] += sound[low - begin : high - begin]
        wide = _to_48_khz(line)
        count = max(0, round((end - start) * SAMPLE_RATE))
        return wide[margin * UPWARDS : margin * UPWARDS + count]

    def gaps(self, start: float, end: float) -> float:
        """Return the longest time from ``start`` to ``end`` in which no packet came, in seconds."""
        moments = [start, *sorted(p.at for p in self._between(start, end)), end]
        return max(after - before for before, after in pairwise(moments))

    def _between(self, start: float, end: float) -> list[RtpPacket]:
        return [packet for packet in self.packets if start <= packet.at <= end]


def _runs(stream: list[RtpPacket]) -> list[tuple[NDArray[np.float32], float]]:
    """Return the unbroken runs of sound of one stream, faded at both ends, each with when it begins."""
    first = stream[0]
    ordered = sorted(stream, key=lambda p: _signed16(p.sequence - first.sequence))
    at = np.array([p.at for p in ordered])
    spans = np.array([_signed32(p.timestamp - first.timestamp) for p in ordered]) / LINE_RATE
    late = at - spans
    runs: list[tuple[NDArray[np.float32], float]] = []
    for low, high in _turns(ordered, late):
        base = float(late[low:high].min())
        pieces: list[NDArray[np.float32]] = []
        began = following = 0.0
        for number in range(low, high):
            sound = ordered[number].sound
            if pieces and abs(spans[number] - following) > 0.5 / LINE_RATE:
                runs.append((_faded(np.concatenate(pieces)), base + began))
                pieces = []
            if not pieces:
                began = float(spans[number])
            pieces.append(sound)
            following = float(spans[number]) + len(sound) / LINE_RATE
        runs.append((_faded(np.concatenate(pieces)), base + began))
    return runs


def _turns(ordered: list[RtpPacket], late: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Cut a stream where its RTP time and the clock part for good: a new speaker, a frame that was left out."""
    padded = np.concatenate([late, np.full(AHEAD - 1, np.inf)])
    soonest = np.lib.stride_tricks.sliding_window_view(padded, AHEAD).min(axis=1)
    cuts = [0]
    base = soonest[0]
    for number in range(1, len(ordered)):
        if ordered[number].begins or late[number] < base - SHIFT or soonest[number] > base + SHIFT:
            cuts.append(number)
            base = soonest[number]
    return list(zip(cuts, [*cuts[1:], len(ordered)], strict=True))


def _faded(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(sound) >= 2 * FADE:
        sound[:FADE] *= _FADE_IN
        sound[-FADE:] *= _FADE_IN[::-1]
    return sound


def _to_48_khz(line: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sound of a line at six times its rate, with nothing above what the line can carry."""
    wide = np.empty(len(line) * UPWARDS, dtype=np.float32)
    for phase in range(UPWARDS):
        wide[phase::UPWARDS] = np.convolve(line, _INTERPOLATOR[phase], mode="full")[TAPS // 2 : TAPS // 2 + len(line)]
    return wide


def _interpolator() -> NDArray[np.float32]:
    """Return the taps of a windowed sinc, a row for each of the samples that come of one."""
    # Tap t of row p weighs the line's sample t - TAPS / 2 before the one at hand.
    at = np.arange(TAPS) - TAPS // 2 + np.arange(UPWARDS)[:, None] / UPWARDS
    window = np.cos(np.pi * np.clip(at / TAPS, -0.5, 0.5)) ** 2
    return (np.sinc(at) * window).astype(np.float32)


def _mu_law() -> NDArray[np.float32]:
    code = ~np.arange(256, dtype=np.uint8)
    size = (((code & 0x0F).astype(np.int32) << 3) + 0x84) << ((code & 0x70) >> 4).astype(np.int32)
    return np.where(code & 0x80, 0x84 - size, size - 0x84).astype(np.float32) / np.float32(32768)


def _a_law() -> NDArray[np.float32]:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent = ((code & 0x70) >> 4).astype(np.int32)
    mantissa = (code & 0x0F).astype(np.int32) << 4
    size = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.float32) / np.float32(32768)


def _signed16(value: int) -> int:
    return (value + 0x8000) % 0x10000 - 0x8000


def _signed32(value: int) -> int:
    return (value + 0x80000000) % 0x100000000 - 0x80000000


_FADE_IN = (0.5 - 0.5 * np.cos(np.pi * np.arange(FADE) / FADE)).astype(np.float32)
_INTERPOLATOR = _interpolator()
_TABLES = {0: _mu_law(), 8: _a_law()}
