"""Policies on the wire."""

from typing import Any, Literal

import msgspec


class PolicyOption(msgspec.Struct, frozen=True):
    """One of the values that a policy of kind ``choices`` may hold."""

    value: str
    label: str


class PolicyOut(msgspec.Struct, frozen=True, kw_only=True):
    """A policy with its value now and what that value does."""

    key: str
    title: str
    value: Any
    default: Any
    kind: Literal["boolean", "integer", "choices"]
    sentence: str
    """The effect of ``value``."""
    low: int | None = None
    high: int | None = None
    unit: str | None = None
    options: list[PolicyOption] = []


class PolicyIn(msgspec.Struct, forbid_unknown_fields=True):
    """The value that a policy is to have."""

    value: Any
