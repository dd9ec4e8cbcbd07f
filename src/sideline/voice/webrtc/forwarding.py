"""The forwarding table: whose packets go into which slots of whom."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from time import monotonic

from sideline.rules.audibility import MUSIC
from sideline.voice.webrtc.slots import SlotStream, SlotTable

_sources = itertools.count(1)


def new_source() -> int:
    """Return a number for a stream of packets that no other stream of this process has."""
    return next(_sources)


class Outlet:
    """One slot of one listener: its stream and the way to send into it.

    ``loss`` is the fraction that the listener last reported lost there, 0 … 1.
    """

    __slots__ = ("loss", "send", "stream")

    def __init__(self, stream: SlotStream, send: Callable[[bytes], None]) -> None:
        self.stream = stream
        self.send = send
        self.loss = 0.0


class Speaker:
    """Someone who can be heard; ``outlets`` is where its packets go now."""

    __slots__ = ("outlets",)

    def __init__(self) -> None:
        self.outlets: tuple[Outlet, ...] = ()

    def say(self, source: int, marker: int, sequence: int, timestamp: int, payload: bytes, now: float) -> None:
        """Forward one packet to everyone who may hear it."""
        for outlet in self.outlets:
            packet = outlet.stream.forward(source, marker, sequence, timestamp, payload, now)
            if packet:
                outlet.send(packet)


class _Listener:
    __slots__ = ("outlets", "table")

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        self.outlets = tuple(outlets)
        self.table = SlotTable(len(self.outlets), yielding=frozenset({MUSIC}))


class ForwardingTable:
    """Everyone who speaks and listens here, and the slots between them.

    Speakers and listeners are named by leg id; :data:`MUSIC` always speaks.
    All methods are synchronous, so no packet is forwarded half-way through a
    change.
    """

    def __init__(self) -> None:
        self._speakers: dict[str, Speaker] = {MUSIC: Speaker()}
        self._listeners: dict[str, _Listener] = {}

    def speaker(self, name: str) -> Speaker | None:
        """Return a speaker that was added; None if there is none of that name."""
        return self._speakers.get(name)

    def add_speaker(self, name: str) -> Speaker:
        """Let someone speak; heard by nobody until :meth:`match`."""
        return self._speakers.setdefault(name, Speaker())

    def remove_speaker(self, name: str) -> None:
        """Forget a speaker and stop every packet of it; follow with :meth:`match` for its listeners."""
        speaker = self._speakers.pop(name, None)
        if speaker is not None:
            speaker.outlets = ()

    def add_listener(self, name: str, outlets: Sequence[Outlet]) -> None:
        """Let someone listen through these slots; hears nobody until :meth:`match`."""
        self.remove_listener(name)
        self._listeners[name] = _Listener(outlets)

    def remove_listener(self, name: str) -> None:
        """Forget a listener and stop every packet to it."""
        listener = self._listeners.pop(name, None)
        if listener is not None:
            gone = set(listener.outlets)
            for speaker in self._speakers.values():
                if not gone.isdisjoint(speaker.outlets):
                    speaker.outlets = tuple(o for o in speaker.outlets if o not in gone)

    def heard_by(self, name: str) -> frozenset[str]:
        """Return who is carried by a slot of this listener now."""
        listener = self._listeners.get(name)
        return frozenset(s for s in listener.table.speakers if s is not None) if listener else frozenset()

    def match(self, wanted: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
        """Let each of these listeners hear exactly its wanted speakers, closing before opening.

        Returns the speakers for whom a listener had no slot left.
        """
        waiting: dict[str, tuple[str, ...]] = {}
        closing: list[tuple[str, Outlet, bool]] = []
        opening: list[tuple[str, Outlet]] = []
        for name, speakers in wanted.items():
            listener = self._listeners.get(name)
            if listener is None:
                continue
            change = listener.table.assign([s for s in speakers if s in self._speakers])
            closing += [(s, listener.outlets[n], n in change.opened) for n, s in change.closed.items()]
            opening += [(s, listener.outlets[n]) for n, s in change.opened.items()]
            if change.waiting:
                waiting[name] = change.waiting
        now = monotonic()
        for name, outlet, is_reused in closing:
            speaker = self._speakers.get(name)
            if speaker is not None:
                speaker.outlets = tuple(o for o in speaker.outlets if o is not outlet)
            if is_reused:
                outlet.stream.reuse()
            else:
                for packet in outlet.stream.close(now):
                    outlet.send(packet)
        for name, outlet in opening:
            outlet.loss = 0.0
            self._speakers[name].outlets += (outlet,)
        return waiting
