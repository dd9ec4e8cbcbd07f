"""RTCP reports: reading, writing, and counting what was received (RFC 3550 section 6). Pure."""

from collections.abc import Sequence
from struct import Struct, unpack_from
from typing import NamedTuple

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202

NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP begins, to 1970."""

MAX_DOWNLINK_LOSS = 0.25
"""Most that is believed of a listener: beyond it a codec's protection helps nobody, and all would pay for one."""

_HEADER = Struct(">BBH")
_SENDER = Struct(">IQIII")
_BLOCK = Struct(">IIIIII")
_CNAME = 1
_MAX_BLOCKS = 31


class ReportBlock(NamedTuple):
    """What a receiver tells about one stream that it hears (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Of 256, since the previous report."""
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    """Middle 32 bits of the NTP time of the last sender report heard; 0 for none."""
    delay: int
    """Time since then in 1/65536 s."""


class Reports(NamedTuple):
    """What one compound packet says: middle NTP bits by sender SSRC, and the report blocks."""

    senders: dict[int, int]
    blocks: list[ReportBlock]


def read_reports(compound: bytes) -> Reports:
    """Read the reports of a compound packet; other and malformed parts are skipped."""
    senders: dict[int, int] = {}
    blocks: list[ReportBlock] = []
    position = 0
    while position + 8 <= len(compound):
        first, kind, words = _HEADER.unpack_from(compound, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > len(compound):
            break
        at = position + 8
        if kind == SENDER_REPORT and end - position >= 28:
            ssrc, ntp, *_ = _SENDER.unpack_from(compound, position + 4)
            senders[ssrc] = (ntp >> 16) & 0xFFFFFFFF
            at += 20
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            for _ in range(first & 0x1F):
                if at + 24 > end:
                    break
                blocks.append(_read_block(compound, at))
                at += 24
        position = end
    return Reports(senders, blocks)


def sender_report(
    ssrc: int, ntp: int, timestamp: int, packets: int, octets: int, blocks: Sequence[ReportBlock] = ()
) -> bytes:
    """Write a sender report; ``ntp`` as by :func:`ntp_time`."""
    body = _SENDER.pack(ssrc, ntp, timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return _packet(SENDER_REPORT, body, blocks)


def receiver_report(ssrc: int, blocks: Sequence[ReportBlock]) -> bytes:
    """Write a receiver report."""
    return _packet(RECEIVER_REPORT, ssrc.to_bytes(4, "big"), blocks)


def source_description(ssrc: int, cname: str) -> bytes:
    """Write a source description with the canonical name, which every compound packet carries."""
    name = cname.encode()[:255]
    chunk = ssrc.to_bytes(4, "big") + bytes((_CNAME, len(name))) + name + b"\0"
    chunk += b"\0" * (-len(chunk) % 4)
    return _HEADER.pack(0x81, SOURCE_DESCRIPTION, len(chunk) // 4) + chunk


def ntp_time(seconds: float) -> int:
    """Return the 64-bit NTP time of ``seconds`` since 1970."""
    return int((seconds + NTP_EPOCH) * (1 << 32))


def merged_loss(uplink: float, downlinks: Sequence[float]) -> float:
    """Return the fraction lost to report to a speaker, 0 … 1.

    A forwarder's speaker must protect its packets for the worst of its
    listeners, whose losses come on top of those on its own way to the engine.
    """
    return 1.0 - (1.0 - uplink) * (1.0 - min(MAX_DOWNLINK_LOSS, max(downlinks, default=0.0)))


class Reception:
    """Counts one received stream as RFC 3550 appendix A does."""

    __slots__ = ("_base", "_expected_before", "_highest", "_jitter", "_received_before", "_transit", "received", "ssrc")

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        self._base = -1
        self._highest = 0
        self._jitter = 0.0
        self._transit = 0
        self._expected_before = 0
        self._received_before = 0

    def count(self, sequence: int, timestamp: int, arrival: int) -> None:
        """Count a packet; ``arrival`` in the units of ``timestamp``."""
        if self._base < 0:
            self._base = self._highest = sequence
            self._transit = arrival - timestamp
        self.received += 1
        step = (sequence - self._highest) & 0xFFFF
        if 0 < step < 0x8000:
            self._highest += step
        change = abs(((arrival - timestamp - self._transit + 0x80000000) & 0xFFFFFFFF) - 0x80000000)
        self._transit = arrival - timestamp
        self._jitter += (change - self._jitter) / 16

    @property
    def expected(self) -> int:
        """Packets that should have come."""
        return self._highest - self._base + 1 if self._base >= 0 else 0

    @property
    def lost(self) -> int:
        """Packets that did not come (negative after duplicates)."""
        return self.expected - self.received

    def interval_loss(self) -> float:
        """Return the fraction lost since the previous call, 0 … 1."""
        expected = self.expected - self._expected_before
        received = self.received - self._received_before
        self._expected_before = self.expected
        self._received_before = self.received
        return max(0.0, (expected - received) / expected) if expected > 0 else 0.0

    def block(self, fraction_lost: float, last_report: int, delay: float) -> ReportBlock:
        """Return the report block; ``fraction_lost`` 0 … 1, ``delay`` in seconds since ``last_report``."""
        return ReportBlock(
            self.ssrc,
            min(255, int(fraction_lost * 256)),
            self.lost,
            self._highest & 0xFFFFFFFF,
            int(self._jitter) & 0xFFFFFFFF,
            last_report,
            int(delay * 65536) & 0xFFFFFFFF if last_report else 0,
        )


def _read_block(data: bytes, at: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last, delay = _BLOCK.unpack_from(data, at)
    (lost,) = unpack_from(">i", data, at + 4)
    # The low 24 bits are a signed count; shifting out the fraction keeps the sign.
    lost = ((lost & 0xFFFFFF) ^ 0x800000) - 0x800000
    return ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last, delay)


def _packet(kind: int, body: bytes, blocks: Sequence[ReportBlock]) -> bytes:
    blocks = blocks[:_MAX_BLOCKS]
    for b in blocks:
        lost = max(-0x800000, min(0x7FFFFF, b.packets_lost)) & 0xFFFFFF
        body += _BLOCK.pack(b.ssrc, b.fraction_lost << 24 | lost, b.highest_sequence, b.jitter, b.last_report, b.delay)
    return _HEADER.pack(0x80 | len(blocks), kind, len(body) // 4) + body
