"""Lost updates: who saves over a change they have not seen is told what changed instead.

A row carries its ``version`` and, in ``field_versions``, the version in which
each field changed last, so the answer names the fields without keeping a history.
"""

from collections.abc import Iterable, Mapping

from sideline.kit.problems import Problem
from sideline.people.models import GroupRow, RoleRow, TeamRow, UserRow

Versioned = UserRow | TeamRow | GroupRow | RoleRow
"""A row that counts its changes."""


def check_version(row: Versioned, seen: int, what: str, now: Mapping[str, tuple[str, str]]) -> None:
    """Raise Problem 409 ``changed_meanwhile`` unless ``seen`` is the row's version.

    ``now`` holds for each field its word for a person and its present value.
    """
    if seen == row.version:
        return
    changed = {name: now[name] for name, version in sorted(row.field_versions.items()) if version > seen if name in now}
    words = _listed([word for word, _ in changed.values()])
    whose = f"{words} of this {what}" if changed else f"this {what}"
    raise Problem(
        409,
        "changed_meanwhile",
        f"Somebody else changed {whose} meanwhile, so nothing of yours was saved. Load it again, then save.",
        fields={name: f"It is now “{value}”." if value else "It is empty now." for name, (_, value) in changed.items()},
        params={"version": str(row.version), "changed": ",".join(changed)},
    )


def note_changes(row: Versioned, fields: Iterable[str]) -> None:
    """Count one change of ``fields``."""
    row.version += 1
    row.field_versions = {**row.field_versions, **dict.fromkeys(fields, row.version)}


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
