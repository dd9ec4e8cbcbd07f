"""A real Asterisk for tests and for ``make lab``: on loopback, on ports of its own, gone without a trace.

Several may run at once, from one installation: each has its own configuration, state, log and control socket.
"""

import asyncio
import shlex
import shutil
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.support.asterisk_config import PASSWORD, USER, Centre, Line, Places, write_config
from tests.support.asterisk_machines import Machine, Root
from tests.support.ports import PortRange
from tests.support.programs import end_process
from tests.support.sip_phones import Answers, PhonePorts, SipPhone
from tests.support.sip_refusal import SipRefusal, TrunkEnd

START_SECONDS = 20.0
STOP_SECONDS = 5.0

PHONE_PORTS = 10
"""Ports that a telephone has for itself."""


class AsteriskFailed(Exception):
    """It didn't get ready, or a command to it failed; ``str()`` holds its log's last lines."""


class AsteriskLab:
    """One Asterisk with the telephones named ``phones``, and people outside, who call by the trunk.

    ``unregistered`` are telephones of the centre that nobody plugged in. ``queues`` maps names to members (names of
    telephones, or dial strings). ``outside`` are numbers (``+49…``) that the trunk leads to, ``calls`` is how many
    calls at once there are ports for, ``strategy`` who of a queue's members is rung. ``elsewhere`` are telephones that
    another program is, at the SIP port ``elsewhere_port``; with nobody outside, the trunk leads there too. Without
    ``has_lines`` the dialplan lines for barge-kick are left out; ``has_ami`` switches AMI on, whose user may do what
    the sample says, or ``ami_rights``.
    """

    def __init__(
        self,
        machine: Machine | Path,
        *,
        phones: Sequence[str] = ("1001", "1002"),
        outside: Sequence[str] = ("+4930111",),
        unregistered: Sequence[str] = (),
        queues: Mapping[str, Sequence[str]] | None = None,
        calls: int = 30,
        dialplan: str = "",
        strategy: str = "linear",
        elsewhere: Sequence[str] = (),
        elsewhere_port: int | None = None,
        has_lines: bool = True,
        has_ami: bool = False,
        ami_rights: str = "",
    ) -> None:
        self._machine = Root(machine) if isinstance(machine, Path) else machine
        names = [*phones, *outside]
        rtp = calls * 8  # two legs, a supervisor and a snoop's worth, each with RTP and RTCP
        self._ports = PortRange(10 + PHONE_PORTS * len(names) + rtp)
        self.sip_port, self.http_port = self._ports.first, self._ports.first + 1
        self.ami_port = self._ports.first + 3 if has_ami else None
        first = self._ports.first + 10
        self._phone_ports = {name: PhonePorts(first + PHONE_PORTS * n) for n, name in enumerate(names)}
        first += PHONE_PORTS * len(names)
        self._trunk_end = TrunkEnd({number: self._phone_ports[number].sip for number in outside})
        self._centre = Centre(
            sip_port=self.sip_port,
            http_port=self.http_port,
            rtp_ports=range(first, first + rtp),
            lines=[Line(n, self._phone_ports[n].sip) for n in phones]
            + [Line(name, None) for name in unregistered]
            + [Line(name, elsewhere_port) for name in elsewhere],
            trunk_port=self._ports.first + 2 if outside or elsewhere_port is None else elsewhere_port,
            queues={"sales": tuple(phones[:1])} if queues is None else queues,
            dialplan=dialplan,
            has_lines=has_lines,
            ami_port=self.ami_port,
            ami_rights=ami_rights,
            strategy=strategy,
        )
        self._place = self._machine.place()
        self.folder = self._place.folder
        self._phones: list[SipPhone | SipRefusal] = []
        self._process: asyncio.subprocess.Process | None = None
        self._is_trunk_open = False
        places = Places(self._place.inside, self._machine.modules)
        write_config(self.folder, places, self._centre)

    @property
    def ari_url(self) -> str:
        """Where its REST interface is, with user and password."""
        return f"http://{USER}:{PASSWORD}@127.0.0.1:{self.http_port}/ari"

    @property
    def ari_base(self) -> str:
        """Where its REST interface is."""
        return f"http://127.0.0.1:{self.http_port}/ari"

    @property
    def ami(self) -> str:
        """Where its AMI is, with user and password; empty where it is off."""
        return f"{USER}:{PASSWORD}@127.0.0.1:{self.ami_port}" if self.ami_port else ""

    @property
    def pid(self) -> int:
        """The process of the Asterisk that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written in its log."""
        parts = (self.folder / "log" / "messages.log", self.folder / "output")
        return "".join(path.read_text(errors="replace") for path in parts if path.exists())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Start it, and return once it takes calls and answers ARI."""
        assert self._process is None, "it runs already"
        if not self._is_trunk_open:
            await self._trunk_end.start(self._ports.first + 2)
            self._is_trunk_open = True
        (self.folder / "notify").unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, (self.folder / "output").open("ab") as output:
            # Asterisk tells systemd when it is fully booted; here it tells us.
            ready.bind(str(self.folder / "notify"))
            ready.setblocking(False)
            words = ("asterisk", "-f", "-C", f"{self._place.inside}/etc/asterisk.conf")
            env = (f"NOTIFY_SOCKET={self._place.inside}/notify",)
            self._process = await asyncio.create_subprocess_exec(
                *self._machine.start(*words, place=self._place, env=env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C is for us, and we end it
            )
            try:
                async with asyncio.timeout(START_SECONDS):
                    await self._ready(ready, self._process)
            except BaseException as error:
                await self.kill()
                if isinstance(error, TimeoutError):
                    raise AsteriskFailed(f"Asterisk did not get ready:\n{self.log[-4000:]}") from None
                raise

    async def _ready(self, notes: socket.socket, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.create_task(process.wait())
        try:
            said = b""
            while b"READY=1" not in said:
                note = asyncio.create_task(loop.sock_recv(notes, 4096))
                await asyncio.wait((ended, note), return_when=asyncio.FIRST_COMPLETED)
                if not note.done():
                    note.cancel()
                    raise AsteriskFailed(f"Asterisk ended with status {process.returncode}:\n{self.log[-4000:]}")
                said = note.result()
        finally:
            ended.cancel()
        async with httpx.AsyncClient(trust_env=False, auth=(USER, PASSWORD)) as http:
            answer = await http.get(f"{self.ari_base}/asterisk/ping")
        if answer.status_code != 200:
            raise AsteriskFailed(f"ARI answered {answer.status_code}: {answer.text}\n{self.log[-4000:]}")

    async def stop(self) -> None:
        """End it as an administrator does: it hangs up every call."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as ``kill -9`` does: nobody is told anything."""
        await self._end(signal.SIGKILL)

    async def ended(self) -> None:
        """Return once it has ended, whoever ended it."""
        if self._process is not None:
            await self._process.wait()

    async def restart(self) -> None:
        """End it, and start it with the same ports and configuration."""
        await self.stop()
        await self.start()

    async def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        await end_process(process, number, STOP_SECONDS)
        await asyncio.to_thread(self._machine.end, self._place)

    async def console(self, command: str) -> str:
        """Return what Asterisk's console says to ``command``."""
        process = await asyncio.create_subprocess_exec(
            *self._console("-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        text = said.decode(errors="replace")
        if process.returncode != 0:
            raise AsteriskFailed(f"The console command {command!r} failed: {text}")
        return text

    @property
    def console_words(self) -> str:
        """How a person opens its console."""
        return shlex.join(self._console("-r"))

    def _console(self, *words: str) -> list[str]:
        config = f"{self._place.inside}/etc/asterisk.conf"
        return self._machine.beside("asterisk", "-C", config, *words, place=self._place)

    async def phone(
        self,
        name: str,
        hertz: int | None = None,
        *,
        answers: Answers = Answers.AUTO,
        minutes: float = 10,
        is_recorded: bool = True,
        display: str = "",
    ) -> SipPhone:
        """Return the telephone ``name``, plugged in; it plays a tone of so many Hz, or silence.

        A call of more than ``minutes`` goes on without its tone. Recording what it hears needs root. ``display`` is the
        caller's name that it tells.
        """
        phone = SipPhone(
            name,
            self._phone_ports[name],
            server=f"127.0.0.1:{self.sip_port}",
            folder=self.folder / "phones",
            hertz=hertz,
            answers=answers,
            minutes=minutes,
            is_recorded=is_recorded,
            display=display,
        )
        self._phones.append(phone)
        await phone.start()
        return phone

    async def refusal(self, name: str, status: int = 603, reason: str = "Decline") -> SipRefusal:
        """Return what answers every call of ``name`` with a status, in place of a telephone."""
        refusal = SipRefusal(status, reason)
        self._phones.append(refusal)
        await refusal.start(self._phone_ports[name].sip)
        return refusal

    async def aclose(self) -> None:
        """End everything, and leave nothing behind."""
        # Nobody is left who would want to hear good-byes.
        await asyncio.gather(*(phone.close(hurry=True) for phone in self._phones), self.kill(), self._trunk_end.close())
        self._ports.release()
        shutil.rmtree(self.folder, ignore_errors=True)
