"""Grants as role rows store them, and back."""

from collections.abc import Iterable
from typing import Any

import msgspec

from sideline.rules.permissions import Grant


def stored_grants(grants: Iterable[Grant]) -> list[dict[str, str]]:
    """Return ``grants`` as a role row stores them, in a stable order."""
    return [
        {"permission": str(grant.permission), "scope": str(grant.scope)}
        for grant in sorted(grants, key=lambda grant: (grant.permission, grant.scope))
    ]


def read_grants(stored: Iterable[dict[str, Any]]) -> frozenset[Grant]:
    """Return the grants of a role row; one that this release doesn't know gives nothing."""
    grants: set[Grant] = set()
    for each in stored:
        try:
            grants.add(msgspec.convert(each, Grant))
        except msgspec.ValidationError:
            continue
    return frozenset(grants)


def union_of(rows: Iterable[list[dict[str, Any]]]) -> frozenset[Grant]:
    """Return the grants of several role rows together."""
    return frozenset().union(*(read_grants(row) for row in rows))
