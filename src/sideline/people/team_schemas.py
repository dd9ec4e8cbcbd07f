"""Teams on the wire."""

import msgspec
from msgspec import UNSET, UnsetType

from sideline.kit.abilities import Ability
from sideline.people.user_schemas import Named


class TeamOut(msgspec.Struct, frozen=True, kw_only=True):
    """A team in a list."""

    id: str
    name: str
    parent_id: str | None
    """None at the top, and where the team above is not one that the reader may see."""
    supervisors: list[Named]
    member_count: int
    """Active users of this team itself, not of those nested in it."""
    version: int
    abilities: dict[str, Ability]
    """change, delete, add_below."""


class Member(msgspec.Struct, frozen=True):
    """A user as a member of a team or group."""

    id: str
    name: str
    is_active: bool


class TeamDetail(TeamOut, frozen=True, kw_only=True):
    """A team with its members."""

    members: list[Member]


class NewTeam(msgspec.Struct, forbid_unknown_fields=True):
    """A team to create, nested in ``parent_id``."""

    name: str
    parent_id: str | None = None
    supervisor_ids: list[str] = []


class TeamChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different; ``version`` is the one that was seen."""

    version: int
    name: str | UnsetType = UNSET
    parent_id: str | UnsetType | None = UNSET
    supervisor_ids: list[str] | UnsetType = UNSET
