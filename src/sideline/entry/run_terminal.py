"""What ``sideline run`` says on the terminal, and the files it keeps its processes' words in."""

import contextlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import TextIO

LOG_BYTES = 10 * 1024 * 1024
LOGS_KEPT = 3

LINES_AT_ONCE = 12
"""Warnings of one process shown in ``LINES_PERIOD_SECONDS``; more are in its log only."""

LINES_PERIOD_SECONDS = 10.0


class Terminal:
    """Prints steps with what they took, and lines. A terminal that went away is no error."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        try:
            "✓✗".encode(encoding)
            self._done, self._failed = "✓", "✗"
        except UnicodeEncodeError:
            self._done, self._failed = "ok", "!!"

    def line(self, text: str = "") -> None:
        """Print ``text`` on a line of its own."""
        with contextlib.suppress(OSError, ValueError):
            encoding = getattr(self._stream, "encoding", None) or "ascii"
            self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
            self._stream.flush()

    def fault(self, text: str) -> None:
        """Print ``text`` as what went wrong."""
        self.line(f"{self._failed} {text}")

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Print ``title`` with the time the block took, when it has succeeded."""
        began = monotonic()
        yield
        self.line(f"{self._done} {title} ({monotonic() - began:.1f} s)")


class Log:
    """A file of lines that is turned over at ``LOG_BYTES``; the last ``LOGS_KEPT`` are kept.

    A full disk loses lines, never the process that logs.
    """

    def __init__(self, path: Path, *, limit: int = LOG_BYTES) -> None:
        self.path = path
        self._limit = limit
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = self._open()

    def write(self, line: bytes) -> None:
        """Add one line."""
        with contextlib.suppress(OSError):
            if os.fstat(self._fd).st_size + len(line) >= self._limit:
                self._turn_over()
            os.write(self._fd, line + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def _turn_over(self) -> None:
        for number in range(LOGS_KEPT - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.rename(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.rename(self.path.with_name(f"{self.path.name}.1"))
        former, self._fd = self._fd, self._open()
        os.close(former)


_LOUD_WORDS = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL)\b|\[(warning|error|critical)\s*\]")
_LOUD_LEVELS = {"warning", "error", "critical", "fatal"}
_TRACEBACK = "Traceback (most recent call last):"


class Loud:
    """Picks from a process's lines those that a person at the terminal should see.

    Those are warnings and worse (structlog's JSON, structlog's console, or the
    standard library's words) and tracebacks, which go on until their message.
    """

    def __init__(self, name: str, show: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
        self._name = name
        self._show = show
        self._clock = clock
        self._in_traceback = False
        self._period_began = 0.0
        self._shown = 0

    def hear(self, line: bytes) -> None:
        """Show ``line`` if it is loud."""
        text = self._loud(line.decode(errors="replace"))
        if text is None:
            return
        if self._clock() - self._period_began >= LINES_PERIOD_SECONDS:
            self._period_began, self._shown = self._clock(), 0
        self._shown += 1
        if self._shown <= LINES_AT_ONCE:
            self._show(f"{self._name}: {text}")
        elif self._shown == LINES_AT_ONCE + 1:
            self._show(f"{self._name}: … more of this in its log")

    def _loud(self, text: str) -> str | None:
        if self._in_traceback:
            self._in_traceback = text.startswith((" ", "\t")) or not text
            return text
        if text.startswith(_TRACEBACK):
            self._in_traceback = True
            return text
        if text.startswith("{"):
            return _loud_entry(text)
        return text if _LOUD_WORDS.search(text) else None


def _loud_entry(text: str) -> str | None:
    try:
        entry = json.loads(text)
    except ValueError:
        return text if _LOUD_WORDS.search(text) else None
    level = str(entry.pop("level", "")).lower()
    if level not in _LOUD_LEVELS:
        return None
    event = entry.pop("event", "")
    for noise in ("timestamp", "logger"):
        entry.pop(noise, None)
    # The log has the whole traceback; its last line says what it was.
    reason = str(entry.pop("exception", "")).strip().rpartition("\n")[2]
    details = " ".join(f"{key}={value}" for key, value in entry.items())
    return " ".join(f"{level}: {event} {details} {reason}".split())
