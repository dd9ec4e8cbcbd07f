"""A browser-like phone: an ordinary client leg, for the demo's bots, tests and benches.

It offers what a browser offers (one microphone line and four slots), sends
Opus packets that were encoded beforehand, and keeps what it receives for a
later look. It neither encodes nor decodes while it runs, so a hundred of them
fit a fraction of a core.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from os import urandom
from typing import Protocol

from sideline.voice.ice import IceServer
from sideline.voice.webrtc.adapter import MediaPath
from sideline.voice.webrtc.beat import Beat
from sideline.voice.webrtc.recording import SlotRecording
from sideline.voice.webrtc.rtcp import (
    Reception,
    ntp_time,
    read_reports,
    receiver_report,
    sender_report,
    source_description,
)
from sideline.voice.webrtc.rtp import FIXED_HEADER, payload_of
from sideline.voice.webrtc.slots import FRAME_SAMPLES, SAMPLE_RATE, SILENCE_FRAME

REPORT_EVERY = 50
"""Beats between RTCP reports: once a second."""

GONE_AFTER_REPORTS = 5
"""Seconds without a datagram, in spite of asking, after which the engine counts as gone (a browser waits as long)."""

Signal = Callable[[str], Awaitable[str]]
"""Carries an SDP offer to the engine and returns its answer."""

SILENCE: Sequence[bytes] = (SILENCE_FRAME,)
"""A microphone that is on and picks up nothing."""


class PhoneFailed(Exception):
    """The phone could not connect; ``str()`` is one sentence."""


class Weather(Protocol):
    """What a network does to datagrams; decides for each packet when, and whether, it arrives."""

    def delay(self) -> float | None:
        """Return the seconds that the next packet takes longer, or None for one that is lost."""
        ...


class _Stream:
    """What arrives in one slot."""

    __slots__ = ("last_report", "payload_type", "reception", "recording", "reported_at")

    def __init__(self, ssrc: int, payload_type: int) -> None:
        self.payload_type = payload_type
        self.reception = Reception(ssrc)
        self.recording = SlotRecording()
        self.last_report = 0
        self.reported_at = 0.0


class BrowserLikePhone:
    """A client leg.

    ``signal`` carries the offer and brings the answer. ``source`` is what the
    microphone says in a loop until :meth:`play` (20 ms Opus packets, e.g.
    ``sound.tone(440)`` or ``ogg.read_opus(data)``); None makes a phone without a
    microphone. ``listen=False`` counts what arrives and does not even decrypt
    it. ``beat`` may be shared by all phones of a process; ``weather`` spoils
    the network both ways.
    """

    def __init__(
        self,
        signal: Signal,
        source: Sequence[bytes] | None = SILENCE,
        *,
        listen: bool = True,
        beat: Beat | None = None,
        ice_servers: Sequence[IceServer] = (),
        loopback_only: bool = False,
        weather: Weather | None = None,
    ) -> None:
        self._signal = signal
        self._source = source
        self._listen = listen
        self._beat = beat or Beat()
        self._place: int | None = None
        self._weather = weather
        self._path = MediaPath(self, ice_servers=ice_servers, loopback_only=loopback_only, decrypt=listen)
        self._streams: dict[int, _Stream] = {}
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._packets: Sequence[bytes] = source or SILENCE
        self._position = 0
        self._playing: asyncio.Future[None] | None = None
        self._sequence = int.from_bytes(urandom(2), "big") & 0x7FFF
        self._timestamp = int.from_bytes(urandom(4), "big")
        self._sent = 0
        self._octets = 0
        self._beats = 0
        self._heard = 0
        self._silent_reports = 0
        self._flying: set[asyncio.TimerHandle] = set()
        self.loss_reported = 0.0
        """Fraction of the microphone's packets that the engine last said were lost on the whole way, 0 … 1."""

    async def connect(self, timeout: float = 10.0) -> None:
        """Connect and begin to send; raise :class:`PhoneFailed`, or what ``signal`` raises."""
        try:
            async with asyncio.timeout(timeout):
                answer = await self._signal(await self._path.offer(with_microphone=self._source is not None))
                await self._path.accept(answer)
                await self._up.wait()
        except TimeoutError:
            await self.close()
            raise PhoneFailed(f"The phone did not connect within {timeout:g} seconds.") from None
        except BaseException:
            await self.close()
            raise
        if self._down.is_set():
            await self.close()
            raise PhoneFailed("The connection was closed while it came up.")
        self._place = self._beat.join(self._play)

    async def close(self) -> None:
        """Hang up and free the socket; may be called again."""
        self._stop()
        self._down.set()
        await self._path.close()

    async def vanish(self) -> None:
        """Be gone without a good-bye, as a killed browser is."""
        self._stop()
        self._down.set()
        await self._path.abandon()

    def play(self, packets: Sequence[bytes], *, loop: bool = False) -> asyncio.Future[None]:
        """Say ``packets`` from the next beat on, then fall back to the source.

        The future is done when the last packet was sent, and cancelled when
        something else is played or the phone closes first. With ``loop`` they
        become the source instead; the future is done at once.
        """
        self._end_play()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._packets = packets if packets else SILENCE
        self._position = 0
        if loop:
            self._source = self._packets
            done.set_result(None)
        else:
            self._playing = done
        return done

    @property
    def is_up(self) -> bool:
        """Whether the phone is connected."""
        return self._path.is_up

    async def wait_down(self) -> None:
        """Return when the connection is over, whoever ended it."""
        await self._down.wait()

    @property
    def slots(self) -> tuple[SlotRecording, ...]:
        """What arrived in each slot, in the order of the offer."""
        return tuple(stream.recording for stream in self._streams.values())

    @property
    def receptions(self) -> tuple[Reception, ...]:
        """The counts of each slot: received, lost, jitter."""
        return tuple(stream.reception for stream in self._streams.values())

    # -- PacketReceiver

    def rtp_received(self, packet: bytes) -> None:
        """Note one packet of a slot."""
        self._through_weather(self._take, packet)

    def rtcp_received(self, packet: bytes) -> None:
        """Note the engine's clock, and what it says was lost of the microphone."""
        reports = read_reports(packet)
        for ssrc, ntp in reports.senders.items():
            stream = self._streams.get(ssrc)
            if stream is not None:
                stream.last_report, stream.reported_at = ntp, time.monotonic()
        for block in reports.blocks:
            if self._path.microphone is not None and block.ssrc == self._path.microphone.ssrc:
                self.loss_reported = block.fraction_lost / 256

    def path_up(self) -> None:
        """Let :meth:`connect` return."""
        for line in self._path.slots:
            self._streams[line.ssrc] = _Stream(line.ssrc, line.payload_type)
        self._up.set()

    def path_down(self, reason: str) -> None:
        """Stop sending."""
        self._stop()
        self._down.set()
        self._up.set()

    # -- within

    def _take(self, packet: bytes) -> None:
        _, marker, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(packet)
        stream = self._streams.get(ssrc)
        if stream is None:
            return
        now = time.monotonic()
        stream.reception.count(sequence, timestamp, int(now * SAMPLE_RATE))
        if self._listen:
            stream.recording.add(now, sequence, timestamp, payload_of(packet), begins=marker > 127)

    def _play(self, left_out: int) -> None:
        self._beats += 1
        self._timestamp += left_out * FRAME_SAMPLES
        if self._path.microphone is not None:
            self._speak(self._path.microphone.ssrc, self._path.microphone.payload_type)
        if self._beats % REPORT_EVERY == 0:
            self._report()
            self._look_for_engine()

    def _speak(self, ssrc: int, payload_type: int) -> None:
        payload = self._packets[self._position]
        self._position += 1
        if self._position >= len(self._packets):
            self._position = 0
            if self._playing is not None:
                if not self._playing.done():
                    self._playing.set_result(None)
                self._playing = None
                self._packets = self._source or SILENCE
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF
        self._sent += 1
        self._octets += len(payload)
        header = FIXED_HEADER.pack(0x80, payload_type, self._sequence, self._timestamp, ssrc)
        self._through_weather(self._path.send_rtp, header + payload)

    def _report(self) -> None:
        now = time.monotonic()
        blocks = [
            s.reception.block(s.reception.interval_loss(), s.last_report, now - s.reported_at)
            for s in self._streams.values()
            if s.reception.received
        ]
        microphone = self._path.microphone
        if microphone is not None:
            wall = time.time()  # house: RFC 3550 sender reports carry wall-clock time
            report = sender_report(
                microphone.ssrc,
                ntp_time(wall),
                self._timestamp,
                self._sent,
                self._octets,
                blocks,
            )
            self._path.send_rtcp(report + source_description(microphone.ssrc, "phone"))
        elif blocks:
            self._path.send_rtcp(receiver_report(1, blocks) + source_description(1, "phone"))

    def _look_for_engine(self) -> None:
        if self._path.heard != self._heard:
            self._heard, self._silent_reports = self._path.heard, 0
            return
        self._silent_reports += 1
        self._path.probe()
        if self._silent_reports > GONE_AFTER_REPORTS:
            self.path_down("Nothing was heard from the engine.")

    def _through_weather(self, arrive: Callable[[bytes], None], packet: bytes) -> None:
        if self._weather is None:
            arrive(packet)
            return
        delay = self._weather.delay()
        if delay is not None:
            self._fly(delay, arrive, packet)

    def _fly(self, delay: float, arrive: Callable[[bytes], None], packet: bytes) -> None:
        def land() -> None:
            self._flying.discard(handle)
            arrive(packet)

        handle = asyncio.get_running_loop().call_later(delay, land)
        self._flying.add(handle)

    def _end_play(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None

    def _stop(self) -> None:
        if self._place is not None:
            self._beat.leave(self._place)
            self._place = None
        for handle in self._flying:
            handle.cancel()
        self._flying.clear()
        self._end_play()
