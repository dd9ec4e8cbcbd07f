"""The PBX as its events tell it: lines, the bridges they are in, who holds whom. Pure.

Asterisk's own words are kept: a *channel* is a line of one phone or trunk, a
*bridge* is where channels hear each other. Which of these are calls is
``calls.py``'s to say.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.wire import Bridge, Channel, Event

KICK = "kick"
"""Stasis argument of a customer whom the dialplan hands over for a supervisor who takes over."""


class Line(msgspec.Struct, frozen=True):
    """A channel and what its events have told of it."""

    channel: Channel
    order: int
    """Grows with each channel: who came first."""
    bridge: str = ""
    """The bridge that it is in; empty: none."""
    is_holding: bool | None = False
    """Whoever sits at it has put the other side on hold; None: unknown, it was there before we listened."""
    was_called: bool = False
    """The PBX dialled it; else its owner did."""
    called_by: str = ""
    """The line for which the PBX dialled it."""
    is_taken: bool = False
    """It is in Sideline's hands, for a supervisor who took over."""
    is_leaving: bool = False
    """Its owner has hung up, and Asterisk is about to end it."""
    is_ours: bool = False
    """This installation of Sideline made it."""

    @property
    def id(self) -> str:
        """The channel's id."""
        return self.channel.id

    @property
    def technology(self) -> str:
        """PJSIP of ``PJSIP/1001-0000002a``."""
        return self.channel.name.partition("/")[0]

    @property
    def endpoint(self) -> str:
        """1001 of ``PJSIP/1001-0000002a``, in lower case."""
        return self.channel.name.partition("/")[2].rpartition("-")[0].lower()

    @property
    def is_up(self) -> bool:
        """Whether somebody has answered or is connected."""
        return self.channel.state == "Up"

    @property
    def is_callee(self) -> bool:
        """Whether it was dialled for another line; one that was rung so that it may dial is not."""
        return bool(self.called_by) or self.channel.dialplan.app_name in ("AppDial", "AppQueue")

    @property
    def is_party(self) -> bool:
        """Whether somebody sits at its other end: not one of ours, not a helper of Asterisk's own."""
        return not self.is_ours and self.technology not in _HELPERS

    @property
    def local_pair(self) -> str:
        """The name that the two halves of a Local channel share; empty for any other."""
        return self.channel.name.rpartition(";")[0] if self.technology == "Local" else ""


_HELPERS = frozenset({"Local", "Snoop", "Message", "Surrogate", "AsyncGoto", "Announcer", "Recorder", "WebSocket"})

MOST_REMEMBERED = 1000
"""Transfers, hang-ups and who slipped away; those that calls are still made of are among them."""

_DIALLED_BY = ("AppDial", "AppDial2", "AppQueue")


class Switch:
    """Lines and bridges as they are now; :meth:`fold` takes one event after the other."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.lines: dict[str, Line] = {}
        self.transferred_by: dict[str, str] = {}
        """By line, the one that gave it away last."""
        self._hung_up: dict[str, str] = {}
        self._slipped: dict[str, None] = {}
        self._order = 0

    def start_over(self, channels: Iterable[Channel], bridges: Iterable[Bridge]) -> None:
        """Take what there is now: after a connection that was away. Who hung up or transferred stays known."""
        former = dict(self.lines)
        self.lines.clear()
        within = {channel: bridge.id for bridge in bridges for channel in bridge.channels}
        for channel in sorted(channels, key=lambda each: (each.creationtime, each.id)):
            line = self._line(channel)
            known = former.get(channel.id)
            self.lines[channel.id] = msgspec.structs.replace(
                line,
                bridge=within.get(channel.id, ""),
                is_holding=known.is_holding if known is not None else None,
                was_called=line.was_called or (known is not None and known.was_called),
                called_by=known.called_by if known is not None else "",
                is_taken=self._is_in_our_hands(channel),
                is_leaving=known is not None and known.is_leaving,
            )

    def fold(self, event: Event) -> bool:
        """Take one event; return whether it changed anything that calls are made of."""
        match event.type:
            case "ChannelDestroyed" if event.channel is not None:
                self.transferred_by.pop(event.channel.id, None)
                return self.lines.pop(event.channel.id, None) is not None
            case "BridgeBlindTransfer" if event.channel is not None and event.result == "Success":
                return self._transferred(event.channel, event.bridge, event.transferee)
            case "BridgeAttendedTransfer" if event.transferer_first_leg is not None and event.result == "Success":
                return self._transferred(event.transferer_first_leg, None, event.transferee)
            case "Dial":
                changed = self._update(event.caller) if event.caller is not None else False
                if event.peer is None:
                    return changed
                called_by = event.caller.id if event.caller is not None else None
                return self._update(event.peer, called_by=called_by) or changed
        if event.channel is None:
            return False
        return self._of_channel(event, event.channel)

    def ended_by(self, line: str) -> str:
        """Return which line hung up first where this one, now gone, was; empty if that was not seen. Asked once."""
        return self._hung_up.pop(line, "")

    def has_slipped(self, line: str) -> bool:
        """Return whether a line is, or went, without its counterpart though nobody had hung up.

        So it is with who transfers; that they did is told before or after, and
        what their phone does then says no more.
        """
        return line in self._slipped or (line in self.lines and line not in self._hung_up)

    def _of_channel(self, event: Event, channel: Channel) -> bool:
        match event.type:
            case "ChannelEnteredBridge" if event.bridge is not None:
                self._hung_up.pop(channel.id, None)
                self._slipped.pop(channel.id, None)
                return self._update(channel, bridge=event.bridge.id, is_leaving=False)
            case "ChannelLeftBridge" if event.bridge is not None:
                line = self.lines.get(channel.id)
                # Asterisk tells of the next bridge first where a channel is moved.
                gone = line is None or line.bridge == event.bridge.id
                self._go_on_without(channel.id, event.bridge.id)
                if gone and line is not None and line.is_party and channel.id not in self._hung_up:
                    self._slipped[channel.id] = None
                    _forget_oldest(self._slipped)
                return self._update(channel, bridge="" if gone else None)
            case "ChannelHold":
                return self._update(channel, is_holding=True)
            case "ChannelUnhold":
                return self._update(channel, is_holding=False)
            case "ChannelHangupRequest":
                together = groups(self.lines)
                for each in self.lines:
                    if each == channel.id or together.get(each, each) == together.get(channel.id):
                        self._hung_up.setdefault(each, channel.id)
                _forget_oldest(self._hung_up)
                return self._update(channel, is_leaving=True)
            case "StasisStart":
                return self._update(channel, is_taken=KICK in event.args or None, is_leaving=False)
            case "StasisEnd":
                return self._update(channel, is_taken=False)
            case _:
                return self._update(channel)

    def _go_on_without(self, gone: str, bridge: str) -> None:
        """Where more than one stays in a bridge, whoever goes has not ended the call of those who stay."""
        stay = [each for each in self.lines.values() if each.bridge == bridge and each.is_party and each.id != gone]
        if len(stay) > 1:
            for each in stay:
                if self._hung_up.get(each.id) == gone:
                    del self._hung_up[each.id]

    def _is_in_our_hands(self, channel: Channel) -> bool:
        app, *arguments = channel.dialplan.app_data.split(",")
        return channel.dialplan.app_name == "Stasis" and app == self._names.app and KICK in arguments

    def _transferred(self, by: Channel, bridge: Bridge | None, transferee: Channel | None) -> bool:
        line = self.lines.get(by.id)
        where = bridge.id if bridge is not None else line.bridge if line is not None else ""
        given = {each.id for each in self.lines.values() if each.bridge == where and where and each.id != by.id}
        if transferee is not None:
            given.add(transferee.id)
        # With a Local channel between, half of that is given away, and the customer comes along.
        together = groups(self.lines)
        pairs = {self.lines[each].local_pair for each in given if each in self.lines} - {""}
        halves = {each.id for each in self.lines.values() if each.local_pair in pairs}
        along = {together[each] for each in given | halves if each in together}
        given |= {each for each, group in together.items() if group in along and each != by.id}
        for each in given:
            self.transferred_by.pop(each, None)
            self.transferred_by[each] = by.id
        _forget_oldest(self.transferred_by)
        return True

    def _line(self, channel: Channel) -> Line:
        self._order += 1
        is_ours = self._names.is_ours(channel.id)
        return Line(channel, self._order, was_called=channel.dialplan.app_name in _DIALLED_BY, is_ours=is_ours)

    def _update(
        self,
        channel: Channel,
        *,
        bridge: str | None = None,
        is_holding: bool | None = None,
        called_by: str | None = None,
        is_taken: bool | None = None,
        is_leaving: bool | None = None,
    ) -> bool:
        line = self.lines.get(channel.id)
        after = line or self._line(channel)
        if channel.dialplan.app_name in _DIALLED_BY or called_by:
            after = msgspec.structs.replace(after, was_called=True, called_by=called_by or after.called_by)
        changes: dict[str, object] = {"channel": channel}
        changes |= {} if bridge is None else {"bridge": bridge}
        changes |= {} if is_holding is None else {"is_holding": is_holding}
        changes |= {} if is_leaving is None else {"is_leaving": is_leaving}
        if is_taken is not None or not self._is_in_our_hands(channel):
            changes["is_taken"] = bool(is_taken)
        after = msgspec.structs.replace(after, **changes)
        self.lines[channel.id] = after
        return line is None or _matters(line) != _matters(after)


def _forget_oldest(known: dict[str, Any]) -> None:
    for old in list(known)[:-MOST_REMEMBERED]:
        del known[old]


def _matters(line: Line) -> tuple[object, ...]:
    channel = line.channel
    return (
        channel.name,
        channel.state,
        channel.caller,
        channel.connected,
        channel.dialplan.app_name,
        channel.dialplan.app_data,
        channel.channelvars,
        line.bridge,
        line.is_holding,
        line.was_called,
        line.called_by,
        line.is_taken,
        line.is_leaving,
    )


def groups(lines: Mapping[str, Line]) -> dict[str, str]:
    """Return for every line in a bridge the name of its group: bridges that Local channels join count as one."""
    root: dict[str, str] = {line.bridge: line.bridge for line in lines.values() if line.bridge}

    def find(bridge: str) -> str:
        while root[bridge] != bridge:
            bridge = root[bridge]
        return bridge

    halves: dict[str, str] = {}
    for line in lines.values():
        pair = line.local_pair
        if pair and line.bridge:
            other = halves.setdefault(pair, line.bridge)
            if find(other) != find(line.bridge):
                first, second = sorted((find(other), find(line.bridge)))
                root[second] = first
    return {line.id: find(line.bridge) for line in lines.values() if line.bridge}
