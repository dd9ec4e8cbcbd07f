"""The clock: the only place that reads wall time, so that time is a parameter elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


def not_before(start: datetime, moment: datetime) -> datetime:
    """Return ``moment``, or ``start`` where the clock has jumped back meanwhile: nothing lasts less than nothing."""
    return max(start, moment)


class Clock(Protocol):
    """Tells the time; commands get it as ``tx.now``."""

    def now(self) -> datetime:
        """Return the current moment, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved (the fake that this port ships)."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the moment the clock was set to."""
        return self._at

    def move(self, by: timedelta) -> None:
        """Move the clock, forwards or back."""
        self._at += by
