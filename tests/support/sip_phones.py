"""Real SIP telephones: baresip processes that play their owner's tone; what reaches them is recorded."""

import asyncio
import contextlib
import signal
import wave
from collections.abc import Callable, Coroutine
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.support.asterisk_machines import AS_AN_APPLIANCE
from tests.support.baresip_control import BaresipControl, CommandRefused, PhoneEvent
from tests.support.loopback_ear import EAR, Datagram, Taker
from tests.support.programs import end_process
from tests.support.rtp_recording import LINE_RATE, RtpRecording
from tests.support.sip_dialogs import SipDialogs

__all__ = ["Answers", "CommandRefused", "PhoneEvent", "PhonePorts", "SipPhone"]

LOUDNESS = 0.3
START_SECONDS = 5.0
PATIENCE = 10.0
"""Seconds after which something that should have happened has not; generous, for machines are busy."""

MODULES = "/usr/lib/baresip/modules"


class Answers(StrEnum):
    """What a telephone does when it is rung."""

    AUTO = "auto"
    MANUAL = "manual"
    """It rings until somebody says ``answer`` or ``hangup``, or the caller gives up."""
    BUSY = "busy"
    """It answers 486, at once. For other refusals: :class:`tests.support.sip_refusal.SipRefusal`."""


class PhonePorts(NamedTuple):
    """The ten ports of a telephone, from ``first`` on."""

    first: int

    @property
    def sip(self) -> int:
        """For SIP; baresip takes the next one for TLS."""
        return self.first

    @property
    def control(self) -> int:
        """For commands."""
        return self.first + 2

    @property
    def rtp(self) -> range:
        """For three calls at once, RTP and RTCP."""
        return range(self.first + 4, self.first + 10)


class SipPhone:
    """The telephone ``name``. A call outlives neither ``close`` (it hangs up) nor ``kill`` (its network is gone).

    Each of ``incoming``, ``established`` and ``closed`` takes the next such event that no earlier one took.
    """

    def __init__(
        self,
        name: str,
        ports: PhonePorts,
        *,
        server: str,
        folder: Path,
        hertz: int | None = None,
        answers: Answers = Answers.AUTO,
        minutes: float = 10,
        is_recorded: bool = True,
        display: str = "",
    ) -> None:
        self.name = name
        self.ports = ports
        self.recording = RtpRecording()
        self.events: list[PhoneEvent] = []
        self._server = server
        self._folder = folder / name
        self._tone = _tone_file(folder, hertz, minutes)
        self._answers = answers
        self._display = display
        self._dialogs = SipDialogs()
        self._taken: set[int] = set()
        self._waiting = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Condition()
        self._errands: set[asyncio.Task[None]] = set()
        self._control: BaresipControl | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._output: asyncio.Task[None] | None = None
        self._is_recorded = is_recorded
        self._is_heard = False

    @property
    def address(self) -> str:
        """Its address, as a user's SIP phone has it in Sideline."""
        return f"sip:{self.name}@127.0.0.1"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Plug it in (again); return once it can be rung."""
        assert self._process is None, "it is plugged in"
        self._write_config()
        if self._is_recorded and not self._is_heard:
            self._loop = asyncio.get_running_loop()
            EAR.listen(self.ports.rtp[::2], partial(self._arrived, self.recording.take))
            EAR.listen(range(self.ports.sip, self.ports.sip + 1), partial(self._arrived, self._dialogs.take))
            self._is_heard = True
        self._process = await asyncio.create_subprocess_exec(
            *(*AS_AN_APPLIANCE, "baresip", "-f", str(self._folder)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is for us, and we end it
        )
        ready = asyncio.Event()
        self._output = asyncio.create_task(self._read_output(self._process, ready))
        async with asyncio.timeout(START_SECONDS):
            await ready.wait()
        self._control = BaresipControl(self._tell)
        await self._control.connect(self.ports.control)

    async def kill(self) -> None:
        """Be gone as by a cut cable: no BYE, no more RTP."""
        await self._end(signal.SIGKILL)

    async def close(self, *, hurry: bool = False) -> None:
        """Hang up and be gone; in a hurry without hanging up."""
        await self._end(signal.SIGKILL if hurry else signal.SIGTERM)
        if self._is_heard:
            EAR.leave(self.ports.rtp[::2])
            EAR.leave(range(self.ports.sip, self.ports.sip + 1))
            self._is_heard = False

    async def dial(self, to: str) -> None:
        """Call a telephone, a queue or a number."""
        await self.command("dial", f"sip:{to}@{self._server}")

    async def answer(self) -> None:
        """Pick up."""
        await self.command("accept")

    async def hangup(self) -> None:
        """Hang up the call that it shows; refuse one that rings."""
        await self.command("hangup")

    async def hold(self) -> None:
        """Put the call on hold; return once the PBX has agreed."""
        await self._reinvite("hold")

    async def resume(self) -> None:
        """Take the call from hold; return once the PBX has agreed."""
        await self._reinvite("resume")

    async def _reinvite(self, name: str) -> None:
        known = len(self._dialogs.answers)
        await self.command(name)
        if not self._is_heard:
            return

        def status() -> int | None:
            answers = self._dialogs.answers[known:]
            return next((status for _, status, method in answers if method == "INVITE" and status >= 200), None)

        await self._until(lambda: status() is not None, f"answer to its {name}")
        if status() != 200:
            raise CommandRefused(f"{name}: {status()}")

    async def mute(self) -> None:
        """Mute the microphone, or unmute it."""
        await self.command("mute")

    async def transfer(self, to: str) -> None:
        """Transfer the call without asking."""
        await self.command("transfer", f"sip:{to}@{self._server}")

    async def play(self, sound: Path | None) -> None:
        """Play a file (WAV, mono, 8 kHz) from now on, or its own tone again."""
        await self.command("ausrc", f"aufile,{sound or self._tone}")

    async def over(self, call_id: str, within: float = PATIENCE) -> None:
        """Return once this one of its calls is over, also when that was told before."""

        def is_over() -> bool:
            return any(each.kind == "CALL_CLOSED" and each.call_id == call_id for each in self.events)

        await self._until(is_over, f"end of call {call_id}", within)

    def forget(self) -> None:
        """Forget every event so far: nothing waits for them any more."""
        self.events.clear()
        self._taken.clear()

    async def select(self, call_id: str) -> None:
        """Let commands be about this one of its calls."""
        await self.command("callfind", call_id)

    async def transfer_attended(self, call_id: str, consult_id: str) -> None:
        """Connect the other parties of two of its calls, and leave both."""
        await self.select(call_id)
        await self.command("transfer", self._dialogs.replaces(consult_id))

    async def command(self, name: str, words: str | None = None) -> str:
        """Give any command of baresip's."""
        assert self._control is not None, "it isn't plugged in"
        return await self._control.command(name, words)

    async def incoming(self, within: float = PATIENCE) -> PhoneEvent:
        """Return once it rings; one that answers by itself doesn't tell."""
        return await self.event("CALL_INCOMING", within)

    async def established(self, within: float = PATIENCE) -> PhoneEvent:
        """Return once a call is answered."""
        return await self.event("CALL_ESTABLISHED", within)

    async def closed(self, within: float = PATIENCE) -> PhoneEvent:
        """Return once a call is over; the event has the reason."""
        return await self.event("CALL_CLOSED", within)

    async def sound(self, within: float = PATIENCE) -> None:
        """Return once RTP reaches it: not before is it connected to somebody, or to music."""
        known = len(self.recording.packets)
        await self._until(lambda: len(self.recording.packets) > known, "RTP", within)

    async def event(self, kind: str, within: float = PATIENCE) -> PhoneEvent:
        """Return the next event of a kind that nobody took before."""

        def found() -> int | None:
            numbers = (n for n, each in enumerate(self.events) if each.kind == kind and n not in self._taken)
            return next(numbers, None)

        await self._until(lambda: found() is not None, kind, within)
        number = found()
        assert number is not None
        self._taken.add(number)
        return self.events[number]

    async def _until(self, is_so: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(is_so)
        except TimeoutError:
            told = ", ".join(event.kind for event in self.events) or "nothing"
            raise AssertionError(f"telephone {self.name}: no {what} within {within} s; it told {told}") from None
        finally:
            self._waiting -= 1

    def heard(self, start: float, end: float) -> NDArray[np.float32]:
        """Return what it heard between two moments (monotonic seconds), mono at 48 kHz."""
        return self.recording.heard(start, end)

    def gaps(self, start: float, end: float) -> float:
        """Return the longest time between two moments in which no RTP reached it, in seconds."""
        return self.recording.gaps(start, end)

    @property
    def requests(self) -> list[tuple[float, str]]:
        """Every SIP request that reached it: when, and its method."""
        return self._dialogs.requests

    def _tell(self, event: PhoneEvent) -> None:
        self.events.append(event)
        if event.kind == "CALL_INCOMING" and self._answers is Answers.BUSY:
            self._run(self._refuse())
        self._run(self._wake())

    async def _refuse(self) -> None:
        with contextlib.suppress(CommandRefused):
            await self.hangup()

    def _arrived(self, take: Taker, datagram: Datagram) -> None:
        """Take one packet, in the ear's thread."""
        take(datagram)
        if self._waiting and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(lambda: self._run(self._wake()))

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _run(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _read_output(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        assert process.stdout is not None
        said = b""
        with (self._folder / "output").open("ab") as output:
            # Not by lines: what it shows of a call it writes over and over in one that never ends.
            while piece := await process.stdout.read(4096):
                output.write(piece)
                output.flush()
                said = (said + piece)[-8192:]
                if b"baresip is ready" in said:
                    ready.set()

    async def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        await end_process(process, number, PATIENCE)
        if self._control is not None:
            self._control.close()
        if self._output is not None:
            await self._output

    def _write_config(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        mode = "auto" if self._answers is Answers.AUTO else "manual"
        display = f'"{self._display}" ' if self._display else ""
        account = f"{display}<sip:{self.name}@{self._server}>;regint=0;answermode={mode};audio_codecs=pcmu,pcma\n"
        (self._folder / "accounts").write_text(account)
        (self._folder / "contacts").write_text("")
        rtp = self.ports.rtp
        (self._folder / "config").write_text(
            f"""
poll_method epoll
sip_listen 127.0.0.1:{self.ports.sip}
net_interface 127.0.0.1
rtp_ports {rtp.start}-{rtp.stop}
call_local_timeout 120
call_max_calls 3
audio_source aufile,{self._tone}
audio_player aubridge,nil
audio_alert aubridge,alert
ausrc_srate {LINE_RATE}
ausrc_channels 1
auplay_srate {LINE_RATE}
auplay_channels 1
ringback_disabled yes
statmode_default off
module_path {MODULES}
module g711.so
module aufile.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{self.ports.control}
""".lstrip()
        )


def _tone_file(folder: Path, hertz: int | None, minutes: float) -> Path:
    """Write what a telephone says; baresip plays a file once, so it is as long as the longest call."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hertz or 'silence'}-{minutes:g}.wav"
    if not path.exists():
        at = np.arange(LINE_RATE) / LINE_RATE
        second = LOUDNESS * np.sin(2 * np.pi * (hertz or 0) * at)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(LINE_RATE)
            file.writeframes((second * 32767).astype("<i2").tobytes() * round(minutes * 60))
    return path
