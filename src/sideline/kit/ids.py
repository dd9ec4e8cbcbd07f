"""Identifiers: UUID version 7 (RFC 9562 section 5.7), sortable by time of making."""

import secrets
import time
import uuid


def new_id() -> str:
    """Return a fresh UUIDv7 in its usual text form."""
    milliseconds = time.time_ns() // 1_000_000  # house: RFC 9562 puts the time of making into the id
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Tell whether ``text`` could be an id, so that a lookup with it makes sense."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return len(text) == 36
