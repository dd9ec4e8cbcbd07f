"""The words of the table: an endpoint, how to ask it, and what each role is to be answered."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sideline.rules.permissions import Permission, Scope, widest
from sideline.rules.shipped_roles import SHIPPED_ROLES
from tests.support.people import Api, MadeUser


class Side(StrEnum):
    """Where the thing that is asked about belongs, seen from the user who asks."""

    OWN = "own team"
    OTHER = "other team"


class Outcome(StrEnum):
    """What is answered."""

    DONE = "done"
    REFUSED = "403"
    HIDDEN = "404"
    NOT_SIGNED_IN = "401"


@dataclass
class World:
    """The organisation that is asked: two teams, each shipped role once in the own one, an agent in each."""

    api: Api
    teams: Mapping[Side, str]
    users: Mapping[str, MadeUser]
    """The user of each shipped role; the supervisor answers for the own team."""
    agents: Mapping[Side, MadeUser]
    """An agent of each team who asks nothing."""
    kept: dict[str, Any] = field(default_factory=dict)
    """For what a slice makes once and uses in all its rows."""


@dataclass(frozen=True)
class Case:
    """One question: by whom, about what side."""

    world: World
    side: Side
    role: str
    me: MadeUser | None
    """Who asks; None is a visitor."""

    @property
    def api(self) -> Api:
        """The application."""
        return self.world.api

    @property
    def team_id(self) -> str:
        """The team of ``side``."""
        return self.world.teams[self.side]


@dataclass(frozen=True)
class Ask:
    """What is sent: the path's values, a JSON body, a query, headers."""

    path: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


Expected = Callable[[str, Side], Outcome]
"""The outcome for a role and a side."""


async def nothing_special(_: Case) -> Ask:
    """Ask without path values or body."""
    return Ask()


@dataclass(frozen=True)
class Endpoint:
    """A row of the table; ``path`` is as the API describes it, such as ``/api/users/{user_id}``."""

    method: str
    path: str
    expected: Expected
    asks: Callable[[Case], Awaitable[Ask]] = nothing_special
    sides: tuple[Side, ...] = (Side.OWN, Side.OTHER)
    visitor: Outcome = Outcome.NOT_SIGNED_IN
    done: frozenset[int] = frozenset({200, 201, 204})
    """Statuses that mean it was let through; name 409 where the right state is not worth making."""
    roles: tuple[str, ...] = tuple(SHIPPED_ROLES)
    listed: Callable[[Any], Iterable[str]] | None = None
    """For a list: the ids in an answer; with ``thing``, what is in it is compared with what may be seen."""
    thing: Callable[[World, Side], Awaitable[str]] | None = None
    """Makes something that the list holds for those who may see it; returns its id."""
    shows: Expected | None = None
    """For a list: DONE where the thing of that side is to be in it."""

    @property
    def name(self) -> str:
        """The endpoint as people write it."""
        return f"{self.method} {self.path}"


def reaches(role: str, permission: Permission, side: Side, *, owns: bool = False) -> bool:
    """Return whether the shipped role holds the permission on that side (``owns``: the thing is the asker's own)."""
    match widest(SHIPPED_ROLES[role].grants, permission):
        case None:
            return False
        case Scope.ALL:
            return True
        case Scope.OWN_TEAMS:
            return owns or side == Side.OWN
        case Scope.OWN:
            return owns


def anyone(_: str, __: Side) -> Outcome:
    """Everyone who is signed in is let through (and with ``visitor=Outcome.DONE`` everyone)."""
    return Outcome.DONE


def needs(permission: Permission, *, sees: Iterable[Permission] = (), owns: bool = False) -> Expected:
    """Let through who holds ``permission`` there; 403 for who may only see the thing, 404 for the others."""
    seeing = tuple(sees)

    def expected(role: str, side: Side) -> Outcome:
        if reaches(role, permission, side, owns=owns):
            return Outcome.DONE
        if any(reaches(role, each, side, owns=owns) for each in seeing):
            return Outcome.REFUSED
        return Outcome.HIDDEN

    return expected


def needs_somewhere(*permissions: Permission) -> Expected:
    """Let through who holds one of the permissions in any scope; 403 for the others. For lists and what is new."""

    def expected(role: str, _: Side) -> Outcome:
        held = (widest(SHIPPED_ROLES[role].grants, permission) for permission in permissions)
        return Outcome.DONE if any(scope is not None for scope in held) else Outcome.REFUSED

    return expected


def only(*roles: str, otherwise: Outcome = Outcome.REFUSED) -> Expected:
    """Let through these shipped roles."""
    return lambda role, _: Outcome.DONE if role in roles else otherwise
