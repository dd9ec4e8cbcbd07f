"""A real ``sideline run`` with stand-in processes, as a test sees it: its lines, its processes, its end."""

import asyncio
import os
import re
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

DEADLINE_SECONDS = 60.0
"""How long anything here may take on a busy machine; nothing waits for it to pass."""


STANDIN = (sys.executable, "-m", "tests.entry.standin", "run")


class House:
    """One ``sideline run`` (``command``) on the data folder ``var``."""

    def __init__(
        self, var: Path, *, command: Sequence[str] = STANDIN, cwd: Path = ROOT, env: Mapping[str, str] | None = None
    ) -> None:
        self.var = var
        self.lines: list[str] = []
        self._command = command
        self._cwd = cwd
        self._env = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "SIDELINE_VAR": str(var),
            "SIDELINE_PORT": "0",
            **(env or {}),
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, in a process group of its own as a terminal would."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self._cwd,
            env=self._env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            process_group=0,
        )

    async def up(self) -> "House":
        """Start it and wait until it has said where to go."""
        await self.start()
        await self.line(r"Ctrl-C stops everything")
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        found = re.search(r"running at\s+http://[^:]+:(\d+)", "\n".join(self.lines))
        assert found is not None, self.lines
        return int(found.group(1))

    async def line(self, pattern: str) -> str:
        """Return the next line in which ``pattern`` is found; fail when it ends or takes too long without one."""
        assert self._process is not None and self._process.stdout is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            while raw := await self._process.stdout.readline():
                text = raw.decode().rstrip("\n")
                self.lines.append(text)
                if re.search(pattern, text):
                    return text
        raise AssertionError(f"no line with {pattern!r} in:\n" + "\n".join(self.lines))

    def ctrl_c(self) -> None:
        """Send SIGINT to the whole foreground process group, as a terminal does."""
        os.killpg(self.pid, signal.SIGINT)

    async def ended(self) -> int:
        """Wait for the end; return the exit status. Its last lines are then in ``lines``."""
        assert self._process is not None and self._process.stdout is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            rest = await self._process.stdout.read()
            self.lines += rest.decode().splitlines()
            return await self._process.wait()

    async def stays_for(self, seconds: float) -> bool:
        """Tell whether it is still there after ``seconds``."""
        assert self._process is not None
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            return True
        return False

    async def get(self) -> str:
        """Ask the web process for its page; return the body of its answer, which must be 200."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            answer = await reader.read()
            writer.close()
            head, _, body = answer.decode().partition("\r\n\r\n")
            assert head.split()[1] == "200", head
            return body

    def child(self, name: str) -> int:
        """Return the process id of ``name``."""
        return int((self.var / f"{name}.pid").read_text())

    def children(self) -> list[int]:
        """Return the process ids of everything that was started."""
        return [self.child(path.stem) for path in self.var.glob("*.pid")]

    async def tear_down(self) -> None:
        """End it and whatever it left, so that a failed test leaves nothing behind."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await self.ended()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        for pid in self.children():
            if works_in(pid, self._cwd):
                os.kill(pid, signal.SIGKILL)


def works_in(pid: int, folder: Path) -> bool:
    """Tell whether process ``pid`` lives and its working directory is ``folder``."""
    try:
        return (Path("/proc") / str(pid) / "cwd").resolve(strict=True) == folder
    except OSError:
        return False


def wait_gone(pid: int, seconds: float = DEADLINE_SECONDS) -> bool:
    """Wait until process ``pid`` has ended; tell whether it has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(handle)


def seconds_since(began: float) -> float:
    """Return how long ago ``began`` (of ``time.monotonic``) was."""
    return time.monotonic() - began
