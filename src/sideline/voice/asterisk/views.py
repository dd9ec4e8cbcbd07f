"""The PBX's lines, seen from one call: its wires, its bridges, the routes that the PBX itself carries. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from sideline.rules.audibility import MUSIC, Route, Routes
from sideline.voice.asterisk.effects import LineId, Wires
from sideline.voice.asterisk.switch import Line, groups
from sideline.voice.engine import ParticipantId


def wires_of(lines: Mapping[LineId, Line], parties: Mapping[ParticipantId, Sequence[Line]]) -> Wires:
    """Return the lines of these participants, in this order, and those connected to them under their own id."""
    together = groups(lines)
    owner: dict[LineId, ParticipantId] = {}
    taken = ""
    for participant, mine in parties.items():
        for line in mine:
            owner[line.id] = participant
            taken = line.id if line.is_taken else taken
    theirs = {together[line] for line in owner if line in together}
    for line in lines.values():
        if line.is_party and line.id not in owner and together.get(line.id) in theirs:
            owner[line.id] = line.id
    return Wires(
        owner,
        {line: together[line] for line in owner if line in together},
        frozenset(line for line in owner if lines[line].is_holding is True),
        taken,
        unsure=frozenset(line for line in owner if lines[line].is_holding is None),
    )


def bridges_of(lines: Mapping[LineId, Line], which: Iterable[LineId]) -> dict[str, set[LineId]]:
    """Return which of these lines are in which bridge."""
    found: dict[str, set[LineId]] = {}
    for line in which:
        if bridge := lines[line].bridge:
            found.setdefault(bridge, set()).add(line)
    return found


def between(wanted: Routes, wires: Wires) -> list[Route]:
    """Return the wanted routes between parties of the PBX that its bridges carry."""
    by_participant: dict[ParticipantId, list[LineId]] = {}
    for line, participant in wires.owner.items():
        by_participant.setdefault(participant, []).append(line)

    def hears(route: Route) -> bool:
        mine = by_participant.get(route.listener, [])
        if route.speaker == MUSIC:
            return any(wires.peers(line) and wires.peers(line) <= wires.holding for line in mine)
        return any(
            peer in wires.peers(line) and not {peer, line} & wires.holding
            for line in mine
            for peer in by_participant.get(route.speaker, [])
        )

    return [route for route in wanted if hears(route)]
