"""A process that ``sideline run`` keeps alive: started, watched, started again, stopped."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from sideline.entry.run_terminal import Log, Loud
from sideline.kit.postgres import Postgres, PostgresFault
from sideline.kit.processes import LIFELINE_FD, READY_FD, lines_of

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0

STEADY_SECONDS = 60.0
"""A process that lived this long starts again without the delay that earlier crashes built up."""

ATTEMPTS_AT_FIRST = 3
"""A process that never became ready is given up after so many starts."""


class StartFailed(Exception):
    """A process did not start; ``str()`` is one sentence for a person."""


class Program(msgspec.Struct, frozen=True):
    """What to run, and how long it may take to start and to stop."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = msgspec.field(default_factory=dict)
    fds: tuple[int, ...] = ()
    """Further descriptors the process inherits."""
    start_seconds: float = 60.0
    stop_seconds: float = 4.0


class Kept(Protocol):
    """Something that is kept alive from ``start`` to ``stop``."""

    async def start(self) -> None:
        """Start it and return when it is ready. Raises :class:`StartFailed` or :class:`PostgresFault`."""
        ...

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop it; at once when ``hurry`` is set."""
        ...


class Delay:
    """The pause before the next start: doubled by each crash, forgotten after a steady life."""

    def __init__(self) -> None:
        self._next = FIRST_DELAY_SECONDS

    def after(self, lived_seconds: float) -> float:
        """Return the pause in seconds after a life of ``lived_seconds``."""
        if lived_seconds >= STEADY_SECONDS:
            self._next = FIRST_DELAY_SECONDS
        pause = self._next
        self._next = min(pause * 2, LONGEST_DELAY_SECONDS)
        return pause


class KeptProgram:
    """Keeps one :class:`Program` running; its words go to ``log``, the loud ones also to ``say``."""

    def __init__(self, program: Program, *, lifeline: int, log: Path, say: Callable[[str], None]) -> None:
        self.program = program
        self._lifeline = lifeline
        self._log = Log(log)
        self._loud = Loud(program.name, say)
        self._say = say
        self._stopping = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the program and return when it says that it is ready; from then on it is kept alive."""
        self._task = asyncio.create_task(self._keep(), name=f"keep-{self.program.name}")
        await asyncio.shield(self._ready)

    async def stop(self, hurry: asyncio.Event) -> None:
        """Send SIGTERM, and SIGKILL when the time the program has for it is over (with ``hurry``: at once)."""
        self._stopping.set()
        if self._task is None:
            return
        if not hurry.is_set():
            self._signal(signal.SIGTERM)
            await _first_of(self._task, hurry, self.program.stop_seconds)
        if not self._task.done():
            self._signal(signal.SIGKILL)
        await asyncio.wait({self._task})
        self._log.close()

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        delay = Delay()
        attempts = 0
        while not self._stopping.is_set():
            began = loop.time()
            ended = await self._live()
            if self._stopping.is_set():
                break
            attempts += 1
            if not self._ready.done() and attempts == ATTEMPTS_AT_FIRST:
                self._ready.set_exception(
                    StartFailed(f"{self.program.name} {ended} before it was ready; its own words: {self._log.path}")
                )
                break
            pause = delay.after(loop.time() - began)
            self._say(f"{self.program.name} {ended}; starting it again in {pause:.1f} s ({self._log.path})")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
        if not self._ready.done():
            self._ready.cancel()

    async def _live(self) -> str:
        """Run the program once; return how it ended, for a person."""
        ready_read, ready_write = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    **self.program.env,
                    "SIDELINE_PROCESS": self.program.name,
                    READY_FD: str(ready_write),
                    LIFELINE_FD: str(self._lifeline),
                    "PYTHONUNBUFFERED": "1",
                    "PYTHONFAULTHANDLER": "1",
                },
                pass_fds=(ready_write, self._lifeline, *self.program.fds),
                process_group=0,
            )
        except OSError as error:
            os.close(ready_read)
            return f"could not be started ({error.strerror})"
        finally:
            os.close(ready_write)
        self._process = process
        if self._stopping.is_set():
            self._signal(signal.SIGTERM)
        pump = asyncio.create_task(self._read_words(process), name=f"log-{self.program.name}")
        try:
            late = not await self._becomes_ready(process, ready_read)
        finally:
            os.close(ready_read)
        if late:
            self._signal(signal.SIGKILL)
        status = await process.wait()
        await _drained(pump)
        if late:
            return f"was not ready after {self.program.start_seconds:.0f} s"
        return ending(status)

    async def _becomes_ready(self, process: asyncio.subprocess.Process, ready_read: int) -> bool:
        """Wait until the process says that it is ready or ends; False when the time for it is over."""
        loop = asyncio.get_running_loop()
        said = loop.create_future()

        def hear() -> None:
            if not said.done():
                said.set_result(os.read(ready_read, 64))

        loop.add_reader(ready_read, hear)
        gone = asyncio.create_task(process.wait(), name=f"gone-{self.program.name}")
        try:
            await asyncio.wait({said, gone}, timeout=self.program.start_seconds, return_when=asyncio.FIRST_COMPLETED)
            if said.done() and said.result() == b"":
                # It closed the pipe without a word: it is ending, or it never will be ready.
                await asyncio.wait({gone}, timeout=self.program.start_seconds)
        finally:
            loop.remove_reader(ready_read)
            gone.cancel()
        if said.done() and said.result() and not self._ready.done():
            self._ready.set_result(None)
        return process.returncode is not None or (said.done() and bool(said.result()))

    async def _read_words(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in lines_of(process.stdout):
            self._log.write(line)
            self._loud.hear(line)


class KeptPostgres:
    """Keeps the built-in database running."""

    def __init__(self, postgres: Postgres, *, say: Callable[[str], None]) -> None:
        self.postgres = postgres
        self._say = say
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the database and keep it alive from then on. Raises :class:`PostgresFault`."""
        await self.postgres.start()
        self._task = asyncio.create_task(self._keep(), name="keep-postgres")

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop the database, its data safe (with ``hurry`` by its immediate shutdown)."""
        self._stopping.set()
        stopping = asyncio.create_task(self.postgres.stop(hurry=hurry.is_set()), name="stop-postgres")
        if not await _first_of(stopping, hurry, None):
            await self.postgres.stop(hurry=True)
        await stopping
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        delay = Delay()
        began = loop.time()
        ended = ending(await self.postgres.wait())
        while not self._stopping.is_set():
            pause = delay.after(loop.time() - began)
            self._say(f"postgres {ended}; starting it again in {pause:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            if self._stopping.is_set():
                return
            began = loop.time()
            try:
                await self.postgres.start()
                if self._stopping.is_set():
                    await self.postgres.stop()
                ended = ending(await self.postgres.wait())
            except PostgresFault as fault:
                ended = f"did not start ({fault})"


def ending(status: int) -> str:
    """Say how a process with exit ``status`` (negative: a signal) ended."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"was ended by {name}"


async def _first_of(task: "asyncio.Task[None]", event: asyncio.Event, seconds: float | None) -> bool:
    """Wait for ``task``, ``event`` or the end of ``seconds``; tell whether it was ``task``."""
    waiting = asyncio.create_task(event.wait(), name="hurry")
    try:
        await asyncio.wait({task, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return task.done()


async def _drained(pump: "asyncio.Task[None]") -> None:
    """Let ``pump`` read what the ended process left in the pipe; a grandchild may hold the other end for ever."""
    done, _ = await asyncio.wait({pump}, timeout=1.0)
    if not done:
        pump.cancel()
        await asyncio.wait({pump})
