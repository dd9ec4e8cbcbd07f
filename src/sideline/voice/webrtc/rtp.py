"""Reading RTP packets and Opus payloads (RFC 3550, RFC 7587). Pure."""

from struct import Struct

MAX_OPUS_PAYLOAD = 1275
"""Octets that one Opus frame has at most (RFC 6716 section 3.2.1); more would not fit a datagram."""

FIXED_HEADER = Struct(">BBHII")
"""First byte, marker and payload type, sequence number, timestamp, SSRC."""

_PLAIN = 0x80

# Samples at 48 kHz of one frame, by the configuration number in the first
# payload byte (RFC 6716 section 3.1, table 2).
_FRAME_SAMPLES = (
    *(480, 960, 1920, 2880) * 3,  # SILK: 10, 20, 40, 60 ms
    *(480, 960) * 2,  # hybrid: 10, 20 ms
    *(120, 240, 480, 960) * 4,  # CELT: 2.5, 5, 10, 20 ms
)


def payload_of(packet: bytes) -> bytes:
    """Return the payload of an RTP packet without extension, sources and padding.

    Empty for a packet without payload and for one that is malformed.
    """
    first = packet[0]
    if first == _PLAIN:
        return packet[12:]
    if first >> 6 != 2:
        return b""
    start = 12 + 4 * (first & 0x0F)
    end = len(packet)
    if first & 0x10:
        if end < start + 4:
            return b""
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    if first & 0x20:
        end -= packet[-1]
    return packet[start:end] if start < end else b""


def is_rtp_or_rtcp(datagram: bytes) -> bool:
    """Tell media from STUN and DTLS by the first byte (RFC 7983)."""
    return len(datagram) >= 12 and 127 < datagram[0] < 192


def is_rtcp(packet: bytes) -> bool:
    """Tell RTCP from RTP where both share a port (RFC 5761 section 4)."""
    return 192 <= packet[1] <= 223


def opus_samples(payload: bytes) -> int:
    """Return the length of an Opus payload in samples at 48 kHz; 0 if it is malformed."""
    if not payload:
        return 0
    counts = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)
    return _FRAME_SAMPLES[payload[0] >> 3] * counts[payload[0] & 3]
