"""What ARI says, as plain values: events, channels, bridges. Source: Asterisk's REST interface, version 22."""

import msgspec


class CallerId(msgspec.Struct, frozen=True):
    """A name and number as Asterisk shows them; empty where it knows none."""

    name: str = ""
    number: str = ""


class Dialplan(msgspec.Struct, frozen=True):
    """Where a channel is in the dialplan, and which application runs there."""

    context: str = ""
    exten: str = ""
    app_name: str = ""
    app_data: str = ""


class Channel(msgspec.Struct, frozen=True):
    """One line of the PBX, ours or anybody's. ``state`` is Down, Ring, Ringing, Up, Busy …"""

    id: str
    name: str
    state: str = ""
    caller: CallerId = CallerId()
    connected: CallerId = CallerId()
    dialplan: Dialplan = Dialplan()
    creationtime: str = ""
    channelvars: dict[str, str] = {}


class Bridge(msgspec.Struct, frozen=True):
    """A bridge, and the ids of the channels in it."""

    id: str
    channels: tuple[str, ...] = ()
    technology: str = ""
    """native_rtp where packets pass untouched; simple_bridge or softmix where they can be listened to."""


class Event(msgspec.Struct, frozen=True):
    """An event of any type; what a type does not have is None or empty."""

    type: str
    channel: Channel | None = None
    bridge: Bridge | None = None
    caller: Channel | None = None
    peer: Channel | None = None
    dialstatus: str = ""
    transferee: Channel | None = None
    transferer_first_leg: Channel | None = None
    transferer_second_leg: Channel | None = None
    result: str = ""
    cause: int = 0
    args: tuple[str, ...] = ()
    variable: str = ""
    value: str = ""


class _Value(msgspec.Struct):
    value: str = ""


_VALUE = msgspec.json.Decoder(_Value)
_EVENTS = msgspec.json.Decoder(Event)
_CHANNELS = msgspec.json.Decoder(list[Channel])
_CHANNEL = msgspec.json.Decoder(Channel)
_BRIDGE = msgspec.json.Decoder(Bridge)
_BRIDGES = msgspec.json.Decoder(list[Bridge])


def read_event(text: str | bytes) -> Event:
    """Return the event; raises msgspec.DecodeError for what is none."""
    return _EVENTS.decode(text)


def read_channels(body: bytes) -> list[Channel]:
    """Return the channels of an answer; raises msgspec.DecodeError."""
    return _CHANNELS.decode(body)


def read_channel(body: bytes) -> Channel:
    """Return the channel of an answer; raises msgspec.DecodeError."""
    return _CHANNEL.decode(body)


def read_value(body: bytes) -> str:
    """Return the variable's value of an answer; raises msgspec.DecodeError."""
    return _VALUE.decode(body).value


def read_bridge(body: bytes) -> Bridge:
    """Return the bridge of an answer; raises msgspec.DecodeError."""
    return _BRIDGE.decode(body)


def read_bridges(body: bytes) -> list[Bridge]:
    """Return the bridges of an answer; raises msgspec.DecodeError."""
    return _BRIDGES.decode(body)
