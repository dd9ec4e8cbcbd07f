"""Keyset paging: a cursor names the last row seen, so page n costs what page 1 does."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from sideline.kit.problems import Problem

T = TypeVar("T")

SMALLEST_PAGE = 1
LARGEST_PAGE = 200


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Rows and where to go on; ``next`` is None on the last page."""

    items: list[T]
    next: str | None = None


def encode_cursor(*keys: Any) -> str:
    """Return an opaque cursor for the sort keys of the last row."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")


def decode_cursor(cursor: str, types: Sequence[type]) -> list[Any]:
    """Return the sort keys in ``cursor``; raises Problem 400 ``bad_cursor`` for one that isn't ours."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        keys = msgspec.json.decode(raw, type=list[Any])
        if len(keys) != len(types):
            raise ValueError(cursor)
        return [msgspec.convert(key, kind) for key, kind in zip(keys, types, strict=True)]
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Problem(
            400, "bad_cursor", "The page cursor is not one that Sideline gave; start from the first page."
        ) from error


def cut(rows: Sequence[T], size: int, keys: Any) -> tuple[list[T], str | None]:
    """Split ``rows`` (read with LIMIT size + 1) into a page and the next cursor; ``keys(row)`` are its sort keys."""
    page = list(rows[:size])
    more = len(rows) > size
    return page, encode_cursor(*keys(page[-1])) if more and page else None
