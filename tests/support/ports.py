"""Ports of this machine that one laboratory has for itself, also beside those of other test runs."""

import socket
from pathlib import Path

LOWEST, HIGHEST = 20_000, 32_000
"""Above the well known ones, below those that Linux gives out by itself."""
STEP = 100
TIME_WAIT = "06"


class NoPortsLeft(Exception):
    """Other laboratories have them all."""


class PortRange:
    """``count`` ports in a row, from ``first`` on, until ``release`` or the end of this process.

    Each hundred is held by a name in the abstract namespace of Unix sockets, which the kernel gives to one process at
    a time and frees when that is gone, however it went.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        in_use = _ports_in_use()
        for first in range(LOWEST, HIGHEST - count, STEP):
            if any(first <= port < first + count for port in in_use):
                continue
            held = _hold(range(first, first + count, STEP))
            if held:
                self.first = first
                self._held = held
                return
        raise NoPortsLeft(f"No {count} ports in a row are free between {LOWEST} and {HIGHEST}")

    def __contains__(self, port: int) -> bool:
        return self.first <= port < self.first + self.count

    def release(self) -> None:
        """Leave the ports to others."""
        for each in self._held:
            each.close()


def _hold(hundreds: range) -> list[socket.socket]:
    held: list[socket.socket] = []
    for hundred in hundreds:
        each = socket.socket(socket.AF_UNIX)
        try:
            each.bind(f"\0sideline-ports-{hundred}")
        except OSError:
            for other in [each, *held]:
                other.close()
            return []
        held.append(each)
    return held


def _ports_in_use() -> set[int]:
    found: set[int] = set()
    for table in ("udp", "udp6", "tcp", "tcp6"):
        path = Path("/proc/net") / table
        if path.exists():
            rows = [line.split() for line in path.read_text().splitlines()[1:]]
            # A connection that only waits for its last packets doesn't keep anybody from listening there.
            found |= {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] != TIME_WAIT}
    return found
