"""What a killed server leaves behind, cleared before the next one starts.

After ``kill -9`` of ``sideline run`` its server may still be shutting down; after
``kill -9`` of the server, its backends may still be leaving and its lock files
lie about. PostgreSQL trusts the process number in such a file, which by then may
be any process's (in a restarted container it regularly is), so the decision is
made here by what really works in the data folder.
"""

import contextlib
import os
import select
import signal
from pathlib import Path

from sideline.kit.postgres_binaries import PostgresFault

LEAVE_SECONDS = {signal.SIGINT: 20.0, signal.SIGQUIT: 5.0, signal.SIGKILL: 5.0}
"""How long what is left may take to go after each signal, gentlest first."""


def clear_leftover(data: Path, socket_folder: Path) -> None:
    """End what still works in ``data`` and remove stale lock files there and in ``socket_folder``.

    Call it only while holding the right to ``data``. Raises
    :class:`PostgresFault` when something does not end.
    """
    if not (data / "postmaster.pid").exists():
        return
    for number, seconds in LEAVE_SECONDS.items():
        working = processes_in(data)
        for pid in working:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        for pid in working:
            _wait_gone(pid, seconds)
    if left := processes_in(data):
        raise PostgresFault(
            f"An earlier PostgreSQL (process {left[0]}) still works in {data} and does not end: "
            "end it, then start again. Nothing was changed."
        )
    for stale in (data / "postmaster.pid", *socket_folder.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)


def processes_in(data: Path) -> list[int]:
    """Return the processes whose working directory is ``data``: a server and its backends go there."""
    try:
        target = data.stat()
    except FileNotFoundError:
        return []
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = (entry / "cwd").stat()
        except OSError:
            continue
        if (here.st_dev, here.st_ino) == (target.st_dev, target.st_ino) and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return sorted(found)


def _wait_gone(pid: int, seconds: float) -> None:
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll(seconds * 1000)
    finally:
        os.close(handle)
