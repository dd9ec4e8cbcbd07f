"""Phones on the wire."""

from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from sideline.kit.abilities import Ability


class PhoneKind(StrEnum):
    """What a phone is."""

    BROWSER = "browser"
    SIP = "sip"
    NUMBER = "number"


class PhoneOut(msgspec.Struct, frozen=True, kw_only=True):
    """A phone of a user."""

    id: str
    kind: PhoneKind
    label: str
    address: str
    """SIP address or number; empty for a browser."""
    auto_answer: bool
    is_selected: bool
    abilities: dict[str, Ability]
    """select, change, delete."""


class NewPhone(msgspec.Struct, forbid_unknown_fields=True):
    """A desk phone or a number to add; every user has a browser phone already."""

    kind: PhoneKind
    address: str
    label: str = ""
    auto_answer: bool = False


class PhoneChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different."""

    address: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    auto_answer: bool | UnsetType = UNSET
