"""Roles and permissions on the wire."""

import msgspec
from msgspec import UNSET, UnsetType

from sideline.kit.abilities import Ability
from sideline.rules.permissions import Grant, Permission, Scope


class RoleOut(msgspec.Struct, frozen=True, kw_only=True):
    """A role with what it grants."""

    id: str
    name: str
    description: str
    is_shipped: bool
    """A shipped role can't be changed; copy it instead."""
    grants: list[Grant]
    user_count: int
    """Active users who have it and whom the reader may see."""
    version: int
    abilities: dict[str, Ability]
    """change, delete."""


class PermissionOut(msgspec.Struct, frozen=True):
    """A permission as the screen that makes roles offers it."""

    permission: Permission
    meaning: str
    scopes: list[Scope]
    """How far it can reach, widest first."""
    grantable: list[Scope]
    """Those of ``scopes`` that the reader may give."""


class NewRole(msgspec.Struct, forbid_unknown_fields=True):
    """A role to create."""

    name: str
    description: str = ""
    grants: list[Grant] = []


class RoleChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different; ``version`` is the one that was seen."""

    version: int
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    grants: list[Grant] | UnsetType = UNSET
