"""Users on the wire."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from sideline.kit.abilities import Ability


class Named(msgspec.Struct, frozen=True):
    """Something with a name that can be opened by its id."""

    id: str
    name: str


class UserOut(msgspec.Struct, frozen=True, kw_only=True):
    """A user as those see them who may."""

    id: str
    email: str
    name: str
    team_id: str | None
    team_name: str | None
    time_zone: str
    is_active: bool
    has_password: bool
    """Without one, nobody can sign in as this user."""
    roles: list[Named]
    groups: list[Named]
    supervises: list[Named]
    """Teams that the user answers for."""
    created_at: datetime
    version: int
    abilities: dict[str, Ability]
    """change, set_own_time_zone, assign_roles, set_password, deactivate or activate, change_phones."""


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """A user to create; without a password they can't sign in yet."""

    email: str
    name: str
    team_id: str | None = None
    time_zone: str = "UTC"
    role_ids: list[str] = []
    password: str | None = None


class UserChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different; ``version`` is the one that was seen."""

    version: int
    email: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    team_id: str | UnsetType | None = UNSET
    time_zone: str | UnsetType = UNSET
    role_ids: list[str] | UnsetType = UNSET


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """A password to set; ``current_password`` is needed for one's own."""

    password: str
    current_password: str = ""
