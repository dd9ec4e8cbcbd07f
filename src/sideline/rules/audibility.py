"""Who hears whom: the one rule that every voice engine is checked against.

Participants that talk together share a *talk group*; within a group everyone
hears everyone. Supervisors' engagements are laid over the groups. Music is one
more speaker (:data:`MUSIC`); it fills silence: a party of a music group hears
it while it hears nobody else.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

MUSIC = "music"
"""Speaker id of the hold music; it never listens."""


class Purpose(StrEnum):
    """Why a participant is on the interaction; a customer is external."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"


class Mode(StrEnum):
    """What a supervisor does on an interaction."""

    MONITOR = "monitor"
    COACH = "coach"
    BARGE = "barge"
    BARGE_KICK = "barge_kick"


class Party(msgspec.Struct, frozen=True):
    """A participant with a voice on the call, in exactly one talk group."""

    id: str
    purpose: Purpose
    group: str
    is_muted: bool = False


class Listening(msgspec.Struct, frozen=True):
    """A supervisor's engagement as it bears on sound.

    ``target`` is the id of a :class:`Party`. ``BARGE_KICK`` does not appear
    here: after it the supervisor is a party of the target's group.
    """

    supervisor: str
    target: str
    mode: Mode
    is_muted: bool = False


class World(msgspec.Struct, frozen=True):
    """Everything about one call that decides who hears whom."""

    parties: tuple[Party, ...] = ()
    listenings: tuple[Listening, ...] = ()
    music_groups: frozenset[str] = frozenset()


class Route(NamedTuple):
    """``listener`` hears ``speaker``; both are party, supervisor or MUSIC ids."""

    speaker: str
    listener: str


Routes = frozenset[Route]


class RouteChange(msgspec.Struct, frozen=True):
    """A step from one set of routes to another: close first, then open."""

    close: Routes
    open: Routes


def routes(world: World) -> Routes:
    """Return every (speaker, listener) pair of this world; no pair, no sound.

    A monitor hears the target and whoever the target hears, save another's
    coaching and the music. A coach also is heard by the target, if that is an
    agent. One who barges in speaks and listens in the target's group. Who is
    muted is heard by nobody, in whatever mode; who monitors always is.
    """
    groups = {party.id: party.group for party in world.parties}
    spoken = _spoken(world, groups)
    whispers = {(each.target, each.supervisor) for each in world.listenings if _speaks(each, Mode.COACH)}
    found: set[Route] = set()
    for party in world.parties:
        heard = set(spoken[party.group])
        if party.purpose == Purpose.AGENT:
            heard |= {coach for target, coach in whispers if target == party.id}
        heard.discard(party.id)
        if not heard and party.group in world.music_groups:
            heard.add(MUSIC)
        found |= {Route(speaker, party.id) for speaker in heard}
    for each in world.listenings:
        if each.target in groups:
            found |= {Route(speaker, each.supervisor) for speaker in spoken[groups[each.target]] - {each.supervisor}}
    return frozenset(found)


def _spoken(world: World, groups: Mapping[str, str]) -> Mapping[str, set[str]]:
    """Return who is heard in each group by everyone in it."""
    spoken: dict[str, set[str]] = {party.group: set() for party in world.parties}
    for party in world.parties:
        if not party.is_muted:
            spoken[party.group].add(party.id)
    for each in world.listenings:
        if _speaks(each, Mode.BARGE) and each.target in groups:
            spoken[groups[each.target]].add(each.supervisor)
    return spoken


def _speaks(listening: Listening, mode: Mode) -> bool:
    return listening.mode == mode and not listening.is_muted


def change(before: Routes, after: Routes) -> RouteChange:
    """Return the step that leads from ``before`` to ``after``.

    Applied in order, close then open, every instant between is a subset of
    ``before`` or of ``after``: nobody hears what neither state allows.
    """
    return RouteChange(close=before - after, open=after - before)
