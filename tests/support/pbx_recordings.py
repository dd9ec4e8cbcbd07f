"""Recordings of what an Asterisk told of a call (made by ``record_pbx_events``): reading and writing them.

A line is an event, or a *point*: all channels and bridges that there were when nothing more was told. A channel that is
as it was when it was written last is written as its id alone.
"""

from pathlib import Path
from typing import Any

import msgspec

from sideline.voice.asterisk.wire import Bridge, Channel, Event

EVENTS = Path(__file__).resolve().parents[1] / "voice_contract" / "events"

_CHANNELS = ("channel", "caller", "peer", "transferee", "transferer_first_leg", "transferer_second_leg")


class Point(msgspec.Struct, frozen=True):
    """What Asterisk answered when it was asked what there is."""

    point: str
    channels: tuple[Channel, ...]
    bridges: tuple[Bridge, ...]


def recordings() -> list[str]:
    """Return the names of all recordings."""
    return sorted(path.stem for path in EVENTS.glob("*.jsonl"))


def read_recording(name: str) -> list[Event | Point]:
    """Return a recording's events and points, in order."""
    found: list[Event | Point] = []
    last: dict[str, Any] = {}

    def whole(channel: Any) -> Any:
        if isinstance(channel, str):
            return last[channel]
        last[channel["id"]] = channel
        return channel

    for text in (EVENTS / f"{name}.jsonl").read_bytes().splitlines():
        line = msgspec.json.decode(text)
        if "point" in line:
            line["channels"] = [whole(each) for each in line["channels"]]
            found.append(msgspec.convert(line, Point))
        else:
            line |= {key: whole(line[key]) for key in _CHANNELS if key in line}
            found.append(msgspec.convert(line, Event))
    return found


def write_recording(name: str, lines: list[dict[str, Any]]) -> None:
    """Write a recording; the lines are as Asterisk told them."""
    last: dict[str, Any] = {}

    def short(channel: dict[str, Any]) -> Any:
        if last.get(channel["id"]) == channel:
            return channel["id"]
        last[channel["id"]] = channel
        return channel

    text = b""
    for line in lines:
        kept = {key: short(value) if key in _CHANNELS else value for key, value in line.items()}
        if "channels" in line:
            kept["channels"] = [short(each) for each in line["channels"]]
        text += msgspec.json.encode(kept) + b"\n"
    (EVENTS / f"{name}.jsonl").write_bytes(text)
