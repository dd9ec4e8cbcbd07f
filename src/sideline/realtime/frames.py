"""What the server says on a socket, as ready-made websocket frames.

A frame is encoded once and its bytes are written to every transport that it
is for. Server frames are neither masked nor fragmented (RFC 6455 section 5),
and no extension is negotiated, so the same bytes serve every socket.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from sideline.kit.event_log import LoggedEvent, Position

_FIN_TEXT = 0x81


def text_frame(payload: bytes) -> bytes:
    """Return ``payload`` (UTF-8) as one whole text frame from a server (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((_FIN_TEXT, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def event_json(event: LoggedEvent) -> bytes:
    """Return the JSON object of ``event`` as sockets and ``GET /api/events`` show it: its payload and ``at``."""
    payload = msgspec.json.format(bytes(event.payload), indent=-1)
    at = b'{"at":' + msgspec.json.encode(event.at)
    return at + b"}" if payload == b"{}" else at + b"," + payload[1:]


def events_frame(position: Position, events: Iterable[bytes]) -> bytes:
    """Return the frame of ``events`` (see :func:`event_json`); a client that has it resumes from ``position``."""
    head = f'{{"kind":"events","position":"{position}","events":['.encode()
    return text_frame(head + b",".join(events) + b"]}")


def hello_frame(position: Position, server_time: datetime) -> bytes:
    """Return the first frame of a socket."""
    return _frame({"kind": "hello", "position": str(position), "server_time": server_time})


def subscribed_frame(topics: Iterable[str], refused: Iterable[str]) -> bytes:
    """Return the answer to a subscription; later the same frame takes topics back after a change of rights."""
    return _frame({"kind": "subscribed", "topics": sorted(topics), "refused": sorted(refused)})


def resync_frame(position: Position) -> bytes:
    """Return the frame that tells a client to fetch everything again: what it missed is no longer kept."""
    return _frame({"kind": "resync", "position": str(position)})


def ping_frame(position: Position | None) -> bytes:
    """Return the sign of life; ``position`` keeps a client that hears no events able to resume."""
    return _frame({"kind": "ping"} if position is None else {"kind": "ping", "position": str(position)})


def bye_frame(reason: str) -> bytes:
    """Return the last frame before the server closes: a code for programs."""
    return _frame({"kind": "bye", "reason": reason})


def signal_frame(type_: str, content: Mapping[str, Any]) -> bytes:
    """Return the frame of an ephemeral signal."""
    return _frame({**content, "kind": "signal", "type": type_})


def _frame(message: Mapping[str, Any]) -> bytes:
    return text_frame(msgspec.json.encode(message))
