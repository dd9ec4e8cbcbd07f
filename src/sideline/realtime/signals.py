"""Signals: what passes (who is talking, who is typing). Never stored, never resumed.

A process sends one with ``tx.wake(SIGNALS, signal_payload(...))`` or a plain
``pg_notify``; PostgreSQL takes at most 8000 bytes. The web processes hear it
on their LISTEN connection and pass it to the sockets that have one of its topics.
"""

from typing import Any

import msgspec
import structlog

from sideline.realtime.frames import signal_frame
from sideline.realtime.hub import Hub

SIGNALS = "signals"
"""NOTIFY channel of signals."""

_log = structlog.get_logger()


class Signal(msgspec.Struct, frozen=True):
    """Something passing, and who may hear of it."""

    topics: tuple[str, ...]
    type: str
    content: dict[str, Any] = {}


def signal_payload(signal: Signal) -> str:
    """Return ``signal`` as the payload of a notification."""
    return msgspec.json.encode(signal).decode()


def pass_on(hub: Hub, payload: str) -> None:
    """Send the signal in ``payload`` to whoever may hear it; one that can't be read is dropped."""
    try:
        signal = msgspec.json.decode(payload, type=Signal)
    except msgspec.MsgspecError as error:
        _log.warning("signal_unreadable", reason=str(error))
        return
    hub.send(signal.topics, signal_frame(signal.type, signal.content))
