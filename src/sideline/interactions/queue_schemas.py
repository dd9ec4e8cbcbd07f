"""Queues and result codes on the wire."""

import msgspec

from sideline.interactions.schemas import Named
from sideline.kit.abilities import Abilities, Ability


class QueueOut(msgspec.Struct, frozen=True, kw_only=True):
    """A queue; durations in seconds."""

    id: str
    name: str
    slug: str
    """Customers reach it at ``/c/<slug>``."""
    team: Named | None
    """The team that answers for it."""
    pbx_queue: str
    """Its name, which is its extension, in the telephone system whose calls it holds; empty where there is none."""
    is_open: bool
    offer_seconds: int
    wrap_up_seconds: int
    version: int
    member_count: int
    abilities: Abilities
    """``change`` and ``delete``."""


class QueueDetailOut(QueueOut, frozen=True, kw_only=True):
    """A queue with who takes its calls."""

    members: list[Named]


class QueueTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A queue that a call can be transferred to."""

    id: str
    name: str
    is_open: bool
    reach: Ability
    """Whether the call that was asked about can be transferred there."""


class ResultCodeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A coded outcome; an inactive one can't be chosen any more."""

    id: str
    code: str
    label: str
    is_active: bool


class ColleagueOut(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who takes calls, and whether they can be consulted or transferred to now."""

    id: str
    name: str
    team_name: str
    presence: str
    reach: Ability
