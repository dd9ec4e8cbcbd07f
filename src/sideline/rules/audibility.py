"""Who hears whom: the one rule that every voice engine is checked against.

Participants that talk together share a *talk group*; within a group everyone
hears everyone. Supervisors' engagements are laid over the groups. Music is one
more speaker (:data:`MUSIC`) that is heard by every member of a music group.
"""

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


def change(before: Routes, after: Routes) -> RouteChange:
    """Return the step that leads from ``before`` to ``after``.

    Applied in order, close then open, every instant between is a subset of
    ``before`` or of ``after``: nobody hears what neither state allows.
    """
    return RouteChange(close=before - after, open=after - before)
