"""Answers with what differs from run to run (ids, counted names) replaced, so that they can be kept as files."""

import re
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_COUNTED = re.compile(r"\b(Customer|Queue) \d+\b")


def canonical(value: Any) -> Any:
    """Return ``value`` with ids and counted names numbered by first appearance."""
    ids: dict[str, str] = {}
    names: dict[str, str] = {}

    def id_of(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"00000000-0000-7000-8000-{len(ids) + 1:012}")

    def name_of(found: re.Match[str]) -> str:
        like = sum(1 for each in names if each.startswith(found[1]))
        return names.setdefault(found[0], f"{found[1]} {chr(ord('A') + like)}")

    def replaced(part: Any) -> Any:
        if isinstance(part, str):
            return _COUNTED.sub(name_of, _UUID.sub(id_of, part))
        if isinstance(part, list):
            return [replaced(each) for each in part]
        if isinstance(part, dict):
            return {replaced(key): replaced(each) for key, each in part.items()}
        return part

    return replaced(value)
