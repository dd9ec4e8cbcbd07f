"""Groups on the wire."""

import msgspec
from msgspec import UNSET, UnsetType

from sideline.kit.abilities import Ability
from sideline.people.team_schemas import Member


class GroupOut(msgspec.Struct, frozen=True, kw_only=True):
    """A group in a list; ``member_count`` counts those that the reader may see."""

    id: str
    name: str
    member_count: int
    version: int
    abilities: dict[str, Ability]
    """change, delete."""


class GroupDetail(GroupOut, frozen=True, kw_only=True):
    """A group with the members that the reader may see."""

    members: list[Member]


class NewGroup(msgspec.Struct, forbid_unknown_fields=True):
    """A group to create."""

    name: str
    member_ids: list[str] = []


class GroupChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different; ``version`` is the one that was seen.

    ``member_ids`` says which of the users that one may see are members; the
    others stay as they are.
    """

    version: int
    name: str | UnsetType = UNSET
    member_ids: list[str] | UnsetType = UNSET
