"""What a snoop does to who hears whom: the model that every plan is checked against. Pure.

Measured on Asterisk 22.10 (docs/explanation/voice-asterisk.md). A snoop on a
line hears *in* what comes from its phone and *out* what goes to it; it
whispers *out* to that phone alone and *in* to everyone the line is connected
to. So a snoop is always about a line, and what it means depends on who else is
in the line's bridge, and on who holds whom.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import msgspec

from sideline.rules.audibility import MUSIC, Route, Routes
from sideline.voice.engine import ParticipantId

LineId = str


class Side(StrEnum):
    """Which way of a line: ARI's words."""

    NONE = "none"
    IN = "in"
    OUT = "out"
    BOTH = "both"

    @property
    def has_in(self) -> bool:
        """Whether what comes from the phone is meant."""
        return self in (Side.IN, Side.BOTH)

    @property
    def has_out(self) -> bool:
        """Whether what goes to the phone is meant."""
        return self in (Side.OUT, Side.BOTH)


class Snoop(msgspec.Struct, frozen=True):
    """A snoop as ARI makes one: on which line, what is heard there, what is whispered there."""

    line: LineId
    spy: Side
    whisper: Side


class Placed(msgspec.Struct, frozen=True):
    """A snoop that exists. ``is_in``: it is in its supervisor's bridge, so that it is heard and speaks."""

    id: str
    snoop: Snoop
    is_in: bool = False
    peers: frozenset[LineId] | None = None
    """Who was connected to its line when it was made; None: unknown."""


class Rig(msgspec.Struct, frozen=True):
    """What stands in the PBX for one supervisor: their phone in a bridge of its own, and snoops."""

    leg_is_in: bool = False
    """Their phone has answered and is in the bridge."""
    placed: tuple[Placed, ...] = ()
    has_customer: bool = False
    """The customer whom they took over is in the bridge."""


class Wires(msgspec.Struct, frozen=True):
    """The lines of one call as far as sound is concerned."""

    owner: Mapping[LineId, ParticipantId]
    """Whose line it is; lines that are nobody's in this call are left out."""
    group: Mapping[LineId, str] = {}
    """Lines of the same group are connected; a line that is in none hears nobody."""
    holding: frozenset[LineId] = frozenset()
    """Lines whose user put the other side on hold."""
    taken: LineId = ""
    """The customer's line, if it is in Sideline's hands and so in no group but its supervisor's."""

    unsure: frozenset[LineId] = frozenset()
    """Lines of which is not known whether their user put the other side on hold."""
    fragile: frozenset[LineId] = frozenset()
    """Lines on which a first snoop would do harm: the held customer would lose the music."""

    def peers(self, line: LineId) -> frozenset[LineId]:
        """Return the lines that this one is connected to."""
        mine = self.group.get(line)
        return frozenset(each for each, group in self.group.items() if group == mine and mine and each != line)


def in_force(rigs: Mapping[ParticipantId, Rig], wires: Wires) -> Routes:
    """Return every route that supervisors have, or are part of, in this state."""
    found: set[Route] = set()
    for supervisor, rig in rigs.items():
        if not rig.leg_is_in:
            continue
        for placed in rig.placed:
            if placed.is_in:
                found |= effect(placed.snoop, supervisor, rigs, wires)
        if rig.has_customer and wires.taken:
            customer = wires.owner[wires.taken]
            found |= {Route(supervisor, customer), Route(customer, supervisor)}
    return frozenset(found)


def effect(snoop: Snoop, supervisor: ParticipantId, rigs: Mapping[ParticipantId, Rig], wires: Wires) -> Routes:
    """Return the routes that this snoop opens between its supervisor and everyone else."""
    found: set[Route] = set()
    owner = wires.owner.get(snoop.line)
    if owner is None:
        return frozenset()
    if snoop.spy.has_in:
        found.add(Route(owner, supervisor))
    if snoop.spy.has_out:
        found |= {Route(each, supervisor) for each in _sent_to(snoop.line, supervisor, rigs, wires)}
    if snoop.whisper.has_out:
        found.add(Route(supervisor, owner))
    if snoop.whisper.has_in:
        found |= {Route(supervisor, each) for each in _connected_to(snoop.line, rigs, wires)}
    return frozenset(route for route in found if route.speaker != route.listener)


def _sent_to(
    line: LineId, supervisor: ParticipantId, rigs: Mapping[ParticipantId, Rig], wires: Wires
) -> Iterator[ParticipantId]:
    peers = wires.peers(line)
    if peers and peers <= wires.holding:
        yield MUSIC
        return
    yield from _connected_to(line, rigs, wires)
    for other, rig in rigs.items():
        if other != supervisor and rig.leg_is_in and _speaks_into(rig.placed, peers):
            yield other


def _speaks_into(placed: Iterable[Placed], lines: frozenset[LineId]) -> bool:
    return any(each.is_in and each.snoop.whisper.has_in and each.snoop.line in lines for each in placed)


def _connected_to(line: LineId, rigs: Mapping[ParticipantId, Rig], wires: Wires) -> Iterator[ParticipantId]:
    for peer in wires.peers(line):
        if peer not in wires.holding and peer in wires.owner:
            yield wires.owner[peer]
    if line == wires.taken:
        yield from (supervisor for supervisor, rig in rigs.items() if rig.has_customer and rig.leg_is_in)
