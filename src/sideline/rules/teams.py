"""Nested teams: who is below whom, also where the data holds a cycle."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sideline.rules.refusals import Refusal, RefusalCode


def descendants(team_parents: Mapping[str, str | None], roots: Iterable[str]) -> frozenset[str]:
    """Return ``roots`` and every team nested below them, at any depth.

    ``team_parents`` maps each team to its parent. Roots that it does not know
    (deleted teams) are left out; a cycle is walked once.
    """
    children: dict[str, list[str]] = defaultdict(list)
    for team, parent in team_parents.items():
        if parent is not None:
            children[parent].append(team)
    found: set[str] = set()
    to_visit = [root for root in roots if root in team_parents]
    while to_visit:
        team = to_visit.pop()
        if team not in found:
            found.add(team)
            to_visit.extend(children[team])
    return frozenset(found)


def would_make_cycle(team_parents: Mapping[str, str | None], team: str, parent: str | None) -> bool:
    """Return whether putting ``team`` under ``parent`` would nest it in itself."""
    return parent is not None and (parent == team or parent in descendants(team_parents, [team]))


def may_nest(team_parents: Mapping[str, str | None], team: str, parent: str | None) -> Refusal | None:
    """Refuse a parent that is the team itself or one of its descendants."""
    return Refusal(RefusalCode.TEAM_CYCLE) if would_make_cycle(team_parents, team, parent) else None
