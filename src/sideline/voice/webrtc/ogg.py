"""Reading and writing Ogg Opus files (RFC 3533, RFC 7845): packets without a codec. Pure."""

from struct import Struct

from sideline.voice.webrtc.rtp import opus_samples
from sideline.voice.webrtc.slots import FRAME_SAMPLES

_PAGE = Struct("<4sBBqIIIB")
_HEADER_PACKETS = 2  # OpusHead and OpusTags


class BadAudioFile(ValueError):
    """A file that cannot be played; ``str()`` is one sentence."""


def read_opus(data: bytes) -> list[bytes]:
    """Return the audio packets of an Ogg Opus file, each of 20 ms.

    Such files are what ``opusenc --framesize 20`` (its default) and ffmpeg
    write. Raises :class:`BadAudioFile` for another format or frame length.
    """
    packets = _packets(data)
    if len(packets) < _HEADER_PACKETS or not packets[0].startswith(b"OpusHead"):
        raise BadAudioFile("The file is not Ogg Opus.")
    audio = [p for p in packets[_HEADER_PACKETS:] if p]
    if not audio:
        raise BadAudioFile("The Ogg Opus file holds no sound.")
    if any(opus_samples(p) != FRAME_SAMPLES for p in audio):
        raise BadAudioFile("The Ogg Opus file has frames that are not 20 ms long: encode it with --framesize 20.")
    return audio


def write_opus(packets: list[bytes], *, skip: int = 312) -> bytes:
    """Return an Ogg Opus file of mono 20 ms ``packets``; ``skip`` is the encoder's delay in samples."""
    head = b"OpusHead" + Struct("<BBHIhB").pack(1, 1, skip, 48_000, 0, 0)
    vendor = b"Sideline"
    tags = b"OpusTags" + len(vendor).to_bytes(4, "little") + vendor + bytes(4)
    pages = [_page([head], 0, 0, 0x02), _page([tags], 0, 1, 0)]
    size = 50
    for n, start in enumerate(range(0, len(packets), size)):
        some = packets[start : start + size]
        end = start + len(some)
        pages.append(_page(some, end * FRAME_SAMPLES, n + 2, 0x04 if end == len(packets) else 0))
    return b"".join(pages)


def _packets(data: bytes) -> list[bytes]:
    packets: list[bytes] = []
    partial = b""
    at = 0
    while at < len(data):
        if len(data) < at + _PAGE.size or data[at : at + 4] != b"OggS":
            raise BadAudioFile("The file is not Ogg Opus, or it is cut off.")
        segments = data[at + _PAGE.size : at + _PAGE.size + data[at + 26]]
        at += _PAGE.size + len(segments)
        if at + sum(segments) > len(data):
            raise BadAudioFile("The Ogg Opus file is cut off.")
        for length in segments:
            partial += data[at : at + length]
            at += length
            if length < 255:
                packets.append(partial)
                partial = b""
    return packets


def _page(packets: list[bytes], granule: int, number: int, flags: int) -> bytes:
    segments = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    header = _PAGE.pack(b"OggS", 0, flags, granule, 1, number, 0, len(segments)) + segments
    page = header + b"".join(packets)
    return page[:22] + _checksum(page).to_bytes(4, "little") + page[26:]


def _checksum(data: bytes) -> int:
    """Ogg's CRC: polynomial 0x04c11db7, neither reflected nor inverted (RFC 3533 section 6)."""
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFFFFFF) ^ _CRC[crc >> 24 ^ byte]
    return crc


def _crc_table() -> list[int]:
    table = []
    for n in range(256):
        crc = n << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(crc)
    return table


_CRC = _crc_table()
