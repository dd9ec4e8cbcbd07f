"""The built-in PostgreSQL: one cluster in a folder of ours, reached by a Unix socket only we may open.

``Postgres(folder)`` makes the cluster on first use, starts the server as a child
of this process and stops it again. Nothing listens on the network. The folder
survives ``kill -9`` of anything: what a crash left behind is cleared at the next
start (:mod:`sideline.kit.postgres_leftover`).
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from sideline.kit.postgres_account import Launcher, choose_launcher
from sideline.kit.postgres_binaries import Binaries, PostgresFault, choose_binaries, installed_binaries
from sideline.kit.postgres_leftover import clear_leftover
from sideline.kit.processes import lines_of

__all__ = ["Postgres", "PostgresFault"]

ROLE = "sideline"
"""Owner of the database ``sideline``; may create databases, is no superuser."""

START_DEADLINE_SECONDS = 60.0
"""Replaying the log after a crash may take a while."""

FAST_STOP_SECONDS = 8.0

SOCKET_PATH_LIMIT = 100
"""Bytes that a Unix socket's path may have, with a little room (108 on Linux)."""

_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres:
    """A PostgreSQL cluster in ``folder`` and, between ``start`` and ``stop``, its server.

    ``fast`` gives up safety against a power cut, for tests. ``options`` are
    further server settings. ``binaries`` are the servers to choose from, by
    default all on this machine. ``on_line`` gets each line that the server logs.
    One at a time may use a folder; ``sideline run`` holds a lock for that.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fast: bool = False,
        options: Mapping[str, str] | None = None,
        binaries: Sequence[Binaries] | None = None,
        on_line: Callable[[bytes], None] | None = None,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.socket_folder = _socket_folder(folder)
        self._fast = fast
        self._options = {**_OPTIONS, **(_FAST if fast else {}), **(options or {})}
        self._binaries = binaries
        self._on_line = on_line or (lambda _line: None)
        self._server: asyncio.subprocess.Process | None = None
        self._pump: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._last_lines: list[str] = []

    def url(self, database: str = "sideline") -> str:
        """Return the URL of ``database`` for this process and its children."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.socket_folder))}"

    @property
    def pid(self) -> int | None:
        """Process id of the running server."""
        return self._server.pid if self._server is not None and self._server.returncode is None else None

    async def start(self) -> None:
        """Make the cluster if there is none, start the server and wait until it takes connections.

        Raises :class:`PostgresFault` with the server's own last words when it does not start.
        """
        launcher, binaries = await asyncio.to_thread(self._prepare)
        words = [binaries.path("postgres"), "-D", str(self.data), "-k", str(self.socket_folder)]
        for name, value in self._options.items():
            words += ["-c", f"{name}={value}"]
        self._ready.clear()
        self._last_lines.clear()
        self._server = await asyncio.create_subprocess_exec(
            *launcher.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            process_group=0,
            cwd="/",
        )
        self._pump = asyncio.create_task(self._read_log(self._server), name="postgres-log")
        ready = asyncio.create_task(self._ready.wait(), name="postgres-ready")
        gone = asyncio.create_task(self._server.wait(), name="postgres-gone")
        try:
            await asyncio.wait({ready, gone}, timeout=START_DEADLINE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            gone.cancel()
        if not self._ready.is_set():
            await self.stop(hurry=True)
            raise PostgresFault(f"PostgreSQL did not start: {_reason(self._last_lines)}")

    async def wait(self) -> int:
        """Wait until the server ends; return its exit status."""
        assert self._server is not None
        status = await self._server.wait()
        if self._pump is not None:
            await self._pump
        return status

    async def stop(self, *, hurry: bool = False) -> None:
        """Stop the server, keeping the data: fast shutdown, then (or with ``hurry`` at once) the immediate one."""
        server = self._server
        if server is None:
            return
        signals = [signal.SIGQUIT, signal.SIGKILL] if hurry else [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]
        for number in signals:
            if server.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                server.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(server.wait(), FAST_STOP_SECONDS if number != signal.SIGKILL else None)
        await self.wait()

    def _prepare(self) -> tuple[Launcher, Binaries]:
        self.folder.mkdir(parents=True, exist_ok=True)
        binaries = choose_binaries(
            installed_binaries() if self._binaries is None else self._binaries, _cluster_major(self.data)
        )
        launcher = choose_launcher(self.folder, binaries.path("postgres"))
        self.folder.chmod(0o700)
        _make_private(self.socket_folder, launcher)
        if (self.data / "PG_VERSION").is_file():
            clear_leftover(self.data, self.socket_folder)
        else:
            self._make_cluster(launcher, binaries)
        return launcher, binaries

    def _make_cluster(self, launcher: Launcher, binaries: Binaries) -> None:
        """Make the cluster beside its place and move it there whole, so that half a one is never used."""
        unfinished = self.folder / "data.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        locale = ["--locale=C.UTF-8"]
        if binaries.major >= 17:
            locale = ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"]
        self._run(
            launcher.command(
                binaries.path("initdb"),
                *("-D", str(unfinished), "-U", "postgres", "--encoding=UTF8", *locale),
                *("--auth-local=trust", "--auth-host=reject"),
                *(["--no-sync"] if self._fast else []),
            )
        )
        statements = [
            f"CREATE ROLE {ROLE} LOGIN CREATEDB",
            f"CREATE DATABASE {ROLE} OWNER {ROLE}",
        ]
        self._run(
            launcher.command(binaries.path("postgres"), "--single", "-D", str(unfinished), "-j", "postgres"),
            "".join(f"{statement};\n\n" for statement in statements),
        )
        unfinished.rename(self.data)

    def _run(self, command: list[str], text: str = "") -> None:
        try:
            done = subprocess.run(  # noqa: S603
                command,
                input=text,
                capture_output=True,
                text=True,
                cwd="/",
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                timeout=120,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PostgresFault("The database could not be made within 120 s: is the disk of this machine well?") from (
                error
            )
        lines = done.stderr.splitlines()
        for line in lines:
            self._on_line(line.encode())
        if done.returncode != 0 or any(" ERROR: " in line or " FATAL: " in line for line in lines):
            raise PostgresFault(f"The database could not be made: {_reason(lines)}")

    async def _read_log(self, server: asyncio.subprocess.Process) -> None:
        assert server.stderr is not None
        async for line in lines_of(server.stderr):
            self._last_lines = [*self._last_lines[-19:], line.decode(errors="replace")]
            self._on_line(line)
            if b"database system is ready to accept connections" in line:
                self._ready.set()


def _cluster_major(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None


def _reason(lines: list[str]) -> str:
    """Return what the server gave as its reason: the last serious line, without its prefix."""
    for mark in ("FATAL:", "PANIC:", "ERROR:", "error:"):
        for line in reversed(lines):
            if mark in line:
                return line.partition(mark)[2].strip()
    return lines[-1].strip() if lines else "it said nothing"


def _socket_folder(folder: Path) -> Path:
    """Return where the socket goes: in ``folder``, or in a short path of the machine's temporary folder."""
    inside = folder / "socket"
    if len(os.fsencode(inside / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"sideline-{os.geteuid()}-{name}"


def _make_private(folder: Path, launcher: Launcher) -> None:
    """Make ``folder`` one that its owner alone may enter; refuse one that somebody else put there."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    owner = launcher.owner[0] if launcher.owner is not None else os.geteuid()
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in {owner, os.geteuid()}:
        raise PostgresFault(f"{folder} belongs to somebody else: remove it, or set SIDELINE_VAR to a shorter path.")
    launcher.give(folder)
    folder.chmod(0o700)
