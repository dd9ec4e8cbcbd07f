"""Reading a browser's offer: what is refused, what is cleaned, which line is which.

The offer's contract: BUNDLE, RTCP mux, DTLS with a fingerprint, Opus; at most
one audio line that sends (the microphone), and ``SLOTS`` receive-only ones. A
browser that has not asked for the microphone offers receive-only lines alone.
"""

import re

import msgspec
from aiortc import sdp

from sideline.voice.engine import LegRefused
from sideline.voice.webrtc.slots import SLOTS

MAX_OFFER = 64_000
"""Characters; a browser's offer of five lines has about 10,000."""

MAX_LINES = 12
MAX_CANDIDATES = 40
"""Addresses an offer may make the engine send connectivity checks to."""

_FINGERPRINTS = {"sha-256", "sha-384", "sha-512"}
_SENDING = {"sendrecv", "sendonly"}
_MDNS = re.compile(r"a=candidate:(\S+\s+){4}\S+\.local\s", re.IGNORECASE)


class Offer(msgspec.Struct, frozen=True):
    """An offer that a leg can be made of; lines are named by their ``mid``."""

    sdp: str
    microphone: str | None
    slots: tuple[str, ...]


def read_offer(text: str) -> Offer:
    """Check and clean an SDP offer; raise :class:`LegRefused` with the first thing wrong."""
    if len(text) > MAX_OFFER:
        raise LegRefused(f"The offer has {len(text)} characters; at most {MAX_OFFER} are read.")
    if not text.startswith("v=0"):
        raise LegRefused("The offer is not SDP: it does not begin with v=0.")
    cleaned = _clean(text)
    try:
        session = sdp.SessionDescription.parse(cleaned)
    except Exception as problem:  # the parser signals bad text with assertions, key, index and value errors alike
        raise LegRefused("The offer cannot be read as SDP.") from problem
    _check_shape(session)
    for line in session.media:
        _check_line(line)
    sending = [line.rtp.muxId for line in session.media if line.direction in _SENDING]
    receiving = [line.rtp.muxId for line in session.media if line.direction == "recvonly"]
    if len(sending) > 1:
        raise LegRefused(f"The offer sends {len(sending)} audio lines; a leg has one microphone.")
    if len(receiving) < SLOTS:
        raise LegRefused(f"The offer has {len(receiving)} receive-only audio lines; a leg needs {SLOTS}.")
    return Offer(cleaned, sending[0] if sending else None, tuple(receiving[-SLOTS:]))


def _clean(text: str) -> str:
    """Drop what would slow or end the connectivity checks.

    Hidden ``.local`` addresses (RFC draft mdns-ice-candidates) cost a multicast
    look-up each and cannot be resolved across networks, and the engine learns
    the real address from the browser's own checks, for which the list of
    candidates must stay open: hence no ``end-of-candidates``.
    """
    lines = (line.strip() for line in text.splitlines())
    kept = [line for line in lines if line and line != "a=end-of-candidates" and not _MDNS.match(line)]
    return "\r\n".join(kept) + "\r\n"


def _check_shape(session: sdp.SessionDescription) -> None:
    kinds = [line.kind for line in session.media]
    if len(kinds) > MAX_LINES:
        raise LegRefused(f"The offer has {len(kinds)} media lines; at most {MAX_LINES} are read.")
    if "audio" not in kinds:
        raise LegRefused("The offer has no audio.")
    if set(kinds) != {"audio"}:
        other = next(kind for kind in kinds if kind != "audio")
        raise LegRefused(f"The offer has a line of {other}; a leg carries audio only.")
    mids = [line.rtp.muxId for line in session.media]
    bundles = [group.items for group in session.group if group.semantic == "BUNDLE"]
    if not all(mids) or len(set(mids)) != len(mids) or bundles != [mids]:
        raise LegRefused("The offer does not bundle its lines into one transport (a=group:BUNDLE).")
    if sum(len(line.ice_candidates) for line in session.media) > MAX_CANDIDATES * len(kinds):
        raise LegRefused(f"The offer has more than {MAX_CANDIDATES} network addresses.")


def _check_line(line: sdp.MediaDescription) -> None:
    if not any(codec.mimeType.lower() == "audio/opus" and codec.clockRate == 48_000 for codec in line.rtp.codecs):
        raise LegRefused("The offer has an audio line without Opus.")
    if line.dtls is None or not any(f.algorithm.lower() in _FINGERPRINTS for f in line.dtls.fingerprints):
        raise LegRefused("The offer has no DTLS fingerprint, so its media could not be encrypted.")
    if line.ice is None or not line.ice.usernameFragment or not line.ice.password:
        raise LegRefused("The offer has no ICE user name and password.")
    if not line.rtcp_mux:
        raise LegRefused("The offer does not send RTCP on the port of its media (a=rtcp-mux).")
