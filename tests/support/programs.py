"""Processes of Sideline for tests, started as ``sideline run`` starts them."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from sideline.kit.processes import LISTEN_FD, READY_FD

PATIENCE = 30.0
"""Seconds after which something that should have happened has not; generous, for machines are busy."""


async def end_process(process: asyncio.subprocess.Process, number: int, patience: float) -> None:
    """Send a signal and wait for the end; who has not ended after so many seconds is killed."""
    with suppress(ProcessLookupError):
        process.send_signal(number)
    try:
        async with asyncio.timeout(patience):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Program:
    """One process of Sideline."""

    def __init__(self, program: str, name: str, env: dict[str, str], log: Path, *, listen: int | None = None) -> None:
        self.name = name
        self._program = program
        self._env = {**env, "SIDELINE_PROCESS": name}
        self._log = log
        self._listen = listen
        self._process: asyncio.subprocess.Process | None = None

    def like(self, **env: str) -> "Program":
        """Return another one of the same name, with what ``env`` says differently."""
        return Program(self._program, self.name, {**self._env, **env}, self._log, listen=self._listen)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it, and return once it says that it is ready."""
        ready, write = os.pipe()
        env = {**self._env, READY_FD: str(write)}
        fds = [write]
        if self._listen is not None:
            env[LISTEN_FD] = str(self._listen)
            fds.append(self._listen)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "sideline.entry.cli", self._program, env=env, stderr=log, stdout=log, pass_fds=fds
            )
        os.close(write)
        with os.fdopen(ready, "rb") as pipe:
            async with asyncio.timeout(PATIENCE):
                said = await asyncio.to_thread(pipe.readline)
        assert said == b"ready\n", f"{self.name} did not get ready:\n{self._log.read_text()[-4000:]}"

    async def kill(self) -> None:
        """End it as ``kill -9`` does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it as ``sideline run`` does."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            await end_process(process, number, PATIENCE)
