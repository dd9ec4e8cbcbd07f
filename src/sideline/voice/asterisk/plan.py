"""From wanted routes to requests: which snoop each supervisor needs, and the way there. Pure.

A supervisor has one bridge with their phone in it and at most one snoop: two
would feed each other. A switch makes the new snoop, takes the old one out,
puts the new one in, and deletes the old: nobody hears meanwhile what neither
state allows, and the phone never rings again.
"""

from collections.abc import Iterable, Mapping

import msgspec

from sideline.rules.audibility import Route, Routes
from sideline.voice.asterisk.effects import LineId, Placed, Rig, Side, Snoop, Wires, in_force
from sideline.voice.asterisk.names import Names
from sideline.voice.engine import ParticipantId


class MakeSnoop(msgspec.Struct, frozen=True, tag="make"):
    """Make a snoop; it is silent and deaf until it is put in."""

    supervisor: ParticipantId
    placed: Placed


class PutIn(msgspec.Struct, frozen=True, tag="put_in"):
    """Put a snoop into its supervisor's bridge."""

    supervisor: ParticipantId
    id: str


class TakeOut(msgspec.Struct, frozen=True, tag="take_out"):
    """Take a snoop out of its supervisor's bridge."""

    supervisor: ParticipantId
    id: str


class Remove(msgspec.Struct, frozen=True, tag="remove"):
    """Delete a snoop."""

    supervisor: ParticipantId
    id: str


class Rest(msgspec.Struct, frozen=True, tag="rest"):
    """Let a line that was just freed of its snoops rest for ``REST_SECONDS``.

    A snoop made at once on a line that got a new counterpart by a transfer may
    never hear the newcomer (a defect of Asterisk).
    """


REST_SECONDS = 0.1

Step = MakeSnoop | PutIn | TakeOut | Remove | Rest

_SPIES = (Side.IN, Side.OUT, Side.BOTH)
"""The narrowest first: of two that open the same now, it opens less when somebody comes."""
_WHISPERS = (Side.NONE, Side.OUT, Side.BOTH)
"""Never *in* alone: it would speak to whoever the line is connected to next."""


def aims(
    supervisors: Iterable[ParticipantId], wanted: Routes, rigs: Mapping[ParticipantId, Rig], wires: Wires
) -> dict[ParticipantId, Snoop | None]:
    """Return the snoop that each supervisor should have, None for none.

    It is the one that opens the most of what is wanted and nothing else, to
    anybody; of several, for who speaks the one on the line that ``wires`` name
    first, which are those of agents: such a snoop goes with the agent who goes,
    while one on a customer's line would meet the next agent. What others hear
    of who speaks depends on where they speak: so they are chosen first, and
    once more when it is known where the others listen.
    """
    chosen: dict[ParticipantId, Snoop | None] = {}
    settled = {who: msgspec.structs.replace(rig, placed=()) for who, rig in rigs.items()}
    order = sorted(supervisors, key=lambda each: (-len(_heard_by(each, wanted)), each))
    for supervisor in order * (2 if len(order) > 1 else 1):
        rig = rigs.get(supervisor, Rig())
        settled[supervisor] = _with(None, rig)
        chosen[supervisor] = snoop = None if rig.has_customer else _best(supervisor, rig, wanted, settled, wires)
        settled[supervisor] = _with(snoop, rig)
    return chosen


def _heard_by(supervisor: ParticipantId, wanted: Routes) -> list[Route]:
    return [route for route in wanted if route.speaker == supervisor]


def _best(
    supervisor: ParticipantId, rig: Rig, wanted: Routes, settled: Mapping[ParticipantId, Rig], wires: Wires
) -> Snoop | None:
    now = {each.snoop for each in rig.placed if each.is_in}
    before = in_force(settled, wires)
    found: list[tuple[tuple[int, int, int, bool, int], Snoop]] = []
    for number, line in enumerate(line for line in wires.owner if line not in wires.fragile):
        for spy in _SPIES:
            for whisper in _WHISPERS:
                snoop = Snoop(line, spy, whisper)
                opened = in_force({**settled, supervisor: _with(snoop, rig)}, wires) - before
                if opened and opened <= wanted:
                    spoken = sum(route.speaker == supervisor for route in opened)
                    first = -number if spoken else 0
                    found.append(((spoken, len(opened), first, snoop in now, -number), snoop))
    return max(found, key=lambda each: each[0])[1] if found else None


def _with(snoop: Snoop | None, rig: Rig) -> Rig:
    placed = () if snoop is None else (Placed("", snoop, is_in=True),)
    return msgspec.structs.replace(rig, leg_is_in=True, placed=placed)


def steps(
    chosen: Mapping[ParticipantId, Snoop | None],
    rigs: Mapping[ParticipantId, Rig],
    wires: Wires,
    serial: int,
    *,
    names: Names,
    tired: frozenset[LineId] = frozenset(),
) -> list[Step]:
    """Return the way from these rigs to the chosen snoops; close first, then open.

    ``names`` and ``serial``, and what follows it, make the new snoops' ids; ``tired``
    are lines whose last snoop went less than a rest ago: with it may have gone
    what was known of their counterpart.
    """
    stale = _stale_lines(rigs, wires)
    makes: list[Step] = []
    outs: list[Step] = []
    ins: list[Step] = []
    removes: list[Step] = []
    early: list[Step] = []
    for supervisor, rig in rigs.items():
        snoop = chosen.get(supervisor)
        kept = next((each for each in rig.placed if each.snoop == snoop and each.snoop.line not in stale), None)
        for placed in rig.placed:
            if placed is kept:
                continue
            if placed.is_in:
                outs.append(TakeOut(supervisor, placed.id))
            (early if placed.snoop.line in stale else removes).append(Remove(supervisor, placed.id))
        if snoop is None or not rig.leg_is_in:
            continue
        if kept is None:
            kept = Placed(names.snoop(supervisor, serial, snoop), snoop, peers=wires.peers(snoop.line))
            serial += 1
            makes.append(MakeSnoop(supervisor, kept))
        if not kept.is_in:
            ins.append(PutIn(supervisor, kept.id))
    tired -= {placed.snoop.line for rig in rigs.values() for placed in rig.placed}
    worn = tired | (stale if early else frozenset())
    if any(isinstance(each, MakeSnoop) and each.placed.snoop.line in worn for each in makes):
        return [*outs, *early, *removes, Rest(), *makes, *ins]
    return [*makes, *outs, *ins, *early, *removes]


def _stale_lines(rigs: Mapping[ParticipantId, Rig], wires: Wires) -> frozenset[LineId]:
    """Return the lines that have got another counterpart since a snoop was made on them."""
    return frozenset(
        placed.snoop.line
        for rig in rigs.values()
        for placed in rig.placed
        if placed.peers and wires.peers(placed.snoop.line) and placed.peers != wires.peers(placed.snoop.line)
    )


def after(step: Step, rigs: Mapping[ParticipantId, Rig]) -> dict[ParticipantId, Rig]:
    """Return the rigs once this step is done."""
    changed = dict(rigs)
    if isinstance(step, Rest):
        return changed
    rig = rigs[step.supervisor]
    match step:
        case MakeSnoop():
            placed = (*rig.placed, step.placed)
        case PutIn() | TakeOut():
            is_in = isinstance(step, PutIn)
            placed = tuple(
                msgspec.structs.replace(each, is_in=is_in) if each.id == step.id else each for each in rig.placed
            )
        case Remove():
            placed = tuple(each for each in rig.placed if each.id != step.id)
    changed[step.supervisor] = msgspec.structs.replace(rig, placed=placed)
    return changed
