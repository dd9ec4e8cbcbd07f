"""The history as CSV (RFC 4180), written for spreadsheets as they are.

UTF-8 with a byte order mark, without which Excel misreads names; a cell that a
spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV
injection); times are ISO 8601 in the reader's zone, offset included.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sideline.engagements.history import HistoryRowOut
from sideline.rules.audibility import Mode

HEADER = (
    "Type",
    "Start",
    "End",
    "Length (seconds)",
    "Target user",
    "Target campaign",
    "Supervisor",
    "Call ID",
    "Ended because",
    "Ended by",
)

TYPES = {Mode.MONITOR: "Monitor", Mode.COACH: "Coach", Mode.BARGE: "Barge", Mode.BARGE_KICK: "Barge-Kick"}

ROWS_AT_ONCE = 200

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_TO_QUOTE = frozenset(',"\r\n')


async def csv_of(rows: AsyncIterator[HistoryRowOut], time_zone: str) -> AsyncIterator[bytes]:
    """Yield the file in pieces, its times in ``time_zone`` (UTC where that is unknown)."""
    zone = _zone(time_zone)
    pieces = ["\ufeff", line(HEADER)]
    async for row in rows:
        pieces.append(line(_cells(row, zone)))
        if len(pieces) >= ROWS_AT_ONCE:
            yield "".join(pieces).encode()
            pieces.clear()
    yield "".join(pieces).encode()


def line(cells: Sequence[str]) -> str:
    """Return one record, ended by CRLF."""
    return ",".join(map(cell, cells)) + "\r\n"


def cell(value: str) -> str:
    """Return a value as it stands in the file: no formula, quoted where it must be."""
    shown = f"'{value}" if value.startswith(_FORMULA) else value
    if _TO_QUOTE.isdisjoint(shown):
        return shown
    return '"' + shown.replace('"', '""') + '"'


def _cells(row: HistoryRowOut, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        TYPES[row.type],
        _time(row.started_at, zone),
        _time(row.ended_at, zone),
        f"{row.length_seconds:.0f}",
        row.target_user.name if row.target_user else "",
        row.target_campaign,
        row.supervisor.name,
        str(row.interaction_number),
        row.end_text,
        row.ended_by.name if row.ended_by else "",
    )


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
