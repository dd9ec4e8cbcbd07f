"""``sideline run``: the database, its migrations, the demo organisation, then every process.

One process of ours watches all of them. It holds the data folder's lock and the
listening socket, starts again what crashes, and stops everything in order.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from sideline.entry.prepare import Prepared
from sideline.entry.run_checks import CannotRun, VarLock, check_voice, open_listener, open_var
from sideline.entry.run_programs import Kept, KeptPostgres, KeptProgram, Program, StartFailed
from sideline.entry.run_terminal import Log, Terminal
from sideline.kit.postgres import Postgres, PostgresFault
from sideline.kit.processes import LIFELINE_FD, LISTEN_FD
from sideline.kit.settings import Settings

CLI = (sys.executable, "-m", "sideline.entry.cli")

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SAME_SIGNAL_SECONDS = 0.3
"""A second signal this soon is the first one again: make, timeout and others pass on what the terminal sent too."""


class Plan(msgspec.Struct, frozen=True):
    """The commands that make up an installation: ``prepare`` runs to its end, the others stay."""

    prepare: tuple[str, ...]
    worker: tuple[str, ...]
    voice: tuple[str, ...]
    web: tuple[str, ...]
    demo: tuple[str, ...]


SHIPPED = Plan(
    prepare=(*CLI, "prepare"),
    worker=(*CLI, "worker"),
    voice=(*CLI, "voice"),
    web=(*CLI, "web"),
    demo=(*CLI, "demo"),
)


def run(settings: Settings, plan: Plan = SHIPPED, terminal: Terminal | None = None) -> int:
    """Run Sideline until a signal stops it; return the exit status.

    A first SIGINT, SIGTERM or SIGHUP stops everything in order, a second one at once.
    """
    screen = terminal or Terminal()
    try:
        check_voice(settings)
        open_var(settings.var)
        lock = VarLock(settings.var)
    except CannotRun as fault:
        screen.fault(str(fault))
        return 1
    try:
        return asyncio.run(_House(settings, plan, screen, lock).live())
    except (CannotRun, StartFailed, PostgresFault) as fault:
        screen.fault(str(fault))
        return 1
    finally:
        lock.close()


class _House:
    """Everything that one ``sideline run`` keeps."""

    def __init__(self, settings: Settings, plan: Plan, terminal: Terminal, lock: VarLock) -> None:
        self._settings = settings
        self._plan = plan
        self._terminal = terminal
        self._lock = lock
        self._stop = asyncio.Event()
        self._stopped_at = 0.0
        self._hurry = asyncio.Event()
        self._kept: list[Kept] = []
        self._logs = settings.var / "log"
        # The write end stays here alone: it closes with this process, however that ends.
        self._lifeline, self._life = os.pipe()

    async def live(self) -> int:
        """Open the house, wait for a signal, close it."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            # nohup: the terminal's end was to be ignored. Shells ignore Ctrl-C for what they start behind them, too; it
            # still stops, as whoever sends it here means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, self._signalled)
        opening = asyncio.create_task(self._open(), name="open")
        stopped = asyncio.create_task(self._stop.wait(), name="stopped")
        try:
            await asyncio.wait({opening, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                opening.result()
                await stopped
        finally:
            opening.cancel()
            stopped.cancel()
            await asyncio.wait({opening, stopped})
            await self._close()
        return 0

    def _signalled(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._stop.is_set():
            if now - self._stopped_at >= SAME_SIGNAL_SECONDS:
                self._hurry.set()
            return
        self._stopped_at = now
        self._terminal.line("\nStopping … (once more to hurry)")
        self._stop.set()

    async def _open(self) -> None:
        settings, terminal = self._settings, self._terminal
        listener = open_listener(settings.host, settings.port)
        try:
            port = listener.getsockname()[1]
            self._lock.write_note(f"process {os.getpid()}, {address(settings, port)}")
            database_url = settings.database_url or await self._open_database()
            env = environment(settings, database_url, port)
            with terminal.step("Data is up to date" if settings.demo is False else "Data and demo organisation"):
                prepared = await self._prepare(env)
            with terminal.step("Processes: web, voice, worker"):
                voices = settings.voice_processes
                names = ["voice"] if voices == 1 else [f"voice-{number + 1}" for number in range(voices)]
                await self._start(
                    Program(name="worker", command=self._plan.worker, env=env),
                    *(Program(name=name, command=self._plan.voice, env=env) for name in names),
                    Program(
                        name="web",
                        command=self._plan.web,
                        env={**env, LISTEN_FD: str(listener.fileno())},
                        fds=(listener.fileno(),),
                    ),
                )
            if settings.demo:
                await self._start_demo(env)
            for line in welcome(settings, port, prepared):
                terminal.line(line)
            await asyncio.Event().wait()
        finally:
            listener.close()

    async def _start_demo(self, env: Mapping[str, str]) -> None:
        try:
            with self._terminal.step("Demo agents" if self._settings.demo_on_pbx else "Demo calls"):
                await self._start(Program(name="demo", command=self._plan.demo, env=env))
        except StartFailed as fault:
            self._terminal.fault(f"{fault}. Everything else works; without the demo: SIDELINE_DEMO=0.")

    async def _open_database(self) -> str:
        log = Log(self._logs / "postgres.log")
        postgres = Postgres(self._settings.var / "postgres", on_line=log.write)
        with self._terminal.step("Database"):
            kept = KeptPostgres(postgres, say=self._say)
            self._kept.append(kept)
            await kept.start()
        return postgres.url()

    async def _prepare(self, env: Mapping[str, str]) -> Prepared:
        """Run migrations and seeds in a process of their own; return what they tell the person."""
        log = Log(self._logs / "prepare.log")
        process = await asyncio.create_subprocess_exec(
            *self._plan.prepare,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **env, LIFELINE_FD: str(self._lifeline)},
            pass_fds=(self._lifeline,),
            process_group=0,
        )
        answer = words = b""
        try:
            answer, words = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            for line in words.splitlines():
                log.write(line)
            log.close()
        try:
            prepared = msgspec.json.decode(answer.splitlines()[-1] if answer else b"", type=Prepared)
        except msgspec.DecodeError as error:
            last = words.decode(errors="replace").strip().splitlines()
            raise CannotRun(
                f"The data could not be brought up to date: {last[-1] if last else 'no reason was given'} "
                f"({log.path}). Nothing is lost."
            ) from error
        if prepared.fault:
            raise CannotRun(prepared.fault)
        return prepared

    async def _start(self, *programs: Program) -> None:
        started: list[KeptProgram] = []
        for program in programs:
            kept = KeptProgram(program, lifeline=self._lifeline, log=self._logs / f"{program.name}.log", say=self._say)
            self._kept.append(kept)
            started.append(kept)
        await asyncio.gather(*(kept.start() for kept in started))

    async def _close(self) -> None:
        """Stop everything, last started first; the database last of all."""
        for kept in reversed(self._kept):
            await kept.stop(self._hurry)
        os.close(self._life)
        os.close(self._lifeline)
        if self._stop.is_set():
            self._terminal.line("Stopped.")

    def _say(self, text: str) -> None:
        if not self._stop.is_set():
            self._terminal.line(text)


def environment(settings: Settings, database_url: str, port: int) -> dict[str, str]:
    """Return what every process gets in its environment beside what is there already."""
    return {
        "SIDELINE_DATABASE_URL": database_url,
        "SIDELINE_VAR": str(settings.var),
        "SIDELINE_HOST": settings.host,
        "SIDELINE_PORT": str(port),
    }


def address(settings: Settings, port: int) -> str:
    """Return the address a person on this machine types to reach ``port``."""
    host = "localhost" if settings.host in {"0.0.0.0", "::", ""} else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def welcome(settings: Settings, port: int, prepared: Prepared) -> Sequence[str]:
    """Return the lines that tell a person where to go and how to get in."""
    here = address(settings, port)
    lines = ["", f"Sideline is running at  {here}"]
    if prepared.sign_ins:
        width = max(len(name) for _, name, _ in prepared.sign_ins)
        lines += ["", "  Sign in as"]
        lines += [f"    {name:<{width}}  password  {word}   ({who})" for who, name, word in prepared.sign_ins]
    if prepared.customer_page:
        lines += ["", f"  Call as a customer at  {here}{prepared.customer_page}"]
    if settings.voice == "asterisk":
        lines += ["", *(f"  {line}" for line in telephone_words(settings))]
    return [*lines, "", f"  Data and logs are in {settings.var}.  Ctrl-C stops everything.", ""]


def telephone_words(settings: Settings) -> Sequence[str]:
    """Return the lines that tell which PBX's calls are shown, and who is on them."""
    places = ", ".join(urlsplit(url).netloc.rpartition("@")[2] for url in settings.asterisk)
    lines = [f"Follows the calls of the Asterisk at {places}"]
    if settings.demo and settings.demo_on_pbx:
        lines += [
            "  agents and customers are bots with SIP telephones; their calls are under Performance › Interactions,",
            "  and your browser is the telephone with which you monitor, coach, barge in and take over",
        ]
    elif settings.demo:
        lines += ["  the demo's bots talk in browsers as ever; none of them is started on your Asterisk"]
    return lines
