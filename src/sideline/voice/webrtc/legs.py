"""A leg and its connection: packets in, reports both ways, and whether anyone is there."""

import time
from collections.abc import Sequence
from os import urandom
from typing import Protocol

from sideline.voice.ice import IceServer
from sideline.voice.webrtc.adapter import MediaPath
from sideline.voice.webrtc.forwarding import Outlet, Speaker, new_source
from sideline.voice.webrtc.offer import Offer
from sideline.voice.webrtc.rtcp import (
    Reception,
    ReportBlock,
    merged_loss,
    ntp_time,
    read_reports,
    receiver_report,
    sender_report,
    source_description,
)
from sideline.voice.webrtc.rtp import FIXED_HEADER, MAX_OPUS_PAYLOAD, payload_of
from sideline.voice.webrtc.slots import SAMPLE_RATE, SlotStream

TICK = 0.25
"""Seconds between the looks at every connection."""

PROBE_AFTER_TICKS = 4
"""Silence after which the other side is asked whether it is there (a listen-only leg is often silent)."""

LOST_AFTER_TICKS = 12
"""Silence, in spite of asking, after which a leg counts as lost: 3 s."""

GONE_AFTER_TICKS = 120
"""Silence after which a lost leg's connection is given up: 30 s."""

UP_WITHIN = 15.0
"""Seconds that a connection may take to come up."""

REPORT_EVERY_TICKS = 4
"""RTCP once a second."""

PACKETS_A_TICK = 100
"""More from one microphone are dropped: 400/s, where 20 ms frames make 50."""


class Watcher(Protocol):
    """Learns what becomes of a :class:`Connection`."""

    def connection_up(self, connection: "Connection") -> None:
        """Learn that packets flow."""
        ...

    def connection_down(self, connection: "Connection", reason: str) -> None:
        """Learn that the connection is over; it still wants closing."""
        ...

    def connection_silent(self, connection: "Connection") -> None:
        """Learn that nothing was heard for ``LOST_AFTER_TICKS``."""
        ...

    def connection_heard(self, connection: "Connection") -> None:
        """Learn that a silent connection is heard again."""
        ...


class Connection:
    """One answered offer of a leg. Reports to its watcher until it is closed."""

    def __init__(
        self,
        leg_id: str,
        watcher: Watcher,
        *,
        ice_servers: Sequence[IceServer] = (),
        loopback_only: bool = False,
        up_within: float = UP_WITHIN,
    ) -> None:
        self.leg_id = leg_id
        self.path = MediaPath(self, ice_servers=ice_servers, loopback_only=loopback_only)
        self.outlets: tuple[Outlet, ...] = ()
        self.speaker: Speaker | None = None
        self.is_silent = False
        self._watcher = watcher
        self._up_within = up_within
        self._payload_type = -1
        self._source = 0
        self._reception: Reception | None = None
        self._speaker_report: tuple[int, float] = (0, 0.0)
        self._budget = PACKETS_A_TICK
        self._heard = 0
        self._ticks = 0
        self._silent_ticks = 0

    async def answer(self, offer: Offer) -> str:
        """Answer the offer; raise ValueError where it cannot be."""
        answer = await self.path.answer(offer)
        if self.path.microphone is not None:
            self._payload_type = self.path.microphone.payload_type
        # The first sequence number is kept low so that it does not wrap at once,
        # when a lost first packet would make the listener guess the roll-over
        # counter wrongly (RFC 3711 section 3.3.1).
        self.outlets = tuple(
            Outlet(
                SlotStream(
                    line.ssrc,
                    line.payload_type,
                    int.from_bytes(urandom(2), "big") & 0x7FFF,
                    int.from_bytes(urandom(4), "big"),
                ),
                self.path.send_rtp,
            )
            for line in self.path.slots
        )
        return answer

    async def close(self) -> None:
        """Close the connection and free its sockets; the watcher hears no more of it."""
        self.speaker = None
        await self.path.close()

    def tick(self) -> None:
        """Look after the connection; called every ``TICK`` seconds."""
        self._ticks += 1
        self._budget = PACKETS_A_TICK
        if not self.path.is_up:
            if self._ticks * TICK >= self._up_within:
                self._watcher.connection_down(
                    self, f"The connection did not come up within {self._up_within:g} seconds."
                )
            return
        self._listen()
        if self._ticks % REPORT_EVERY_TICKS == 0 and not self.is_silent:
            self._report()

    # -- PacketReceiver

    def rtp_received(self, packet: bytes) -> None:
        """Forward one packet of the microphone."""
        first, second, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(packet)
        if second & 0x7F != self._payload_type or self._budget <= 0:
            return
        self._budget -= 1
        reception = self._reception
        if reception is None or reception.ssrc != ssrc:
            self._source = new_source()
            self._reception = reception = Reception(ssrc)
        now = time.monotonic()
        reception.count(sequence, timestamp, int(now * SAMPLE_RATE))
        speaker = self.speaker
        if speaker is not None and speaker.outlets:
            payload = packet[12:] if first == 0x80 else payload_of(packet)
            if 0 < len(payload) <= MAX_OPUS_PAYLOAD:
                speaker.say(self._source, second, sequence, timestamp, payload, now)

    def rtcp_received(self, packet: bytes) -> None:
        """Note the microphone's clock and the losses in the slots."""
        reports = read_reports(packet)
        if self._reception is not None:
            ntp = reports.senders.get(self._reception.ssrc)
            if ntp is not None:
                self._speaker_report = (ntp, time.monotonic())
        for block in reports.blocks:
            for outlet in self.outlets:
                if outlet.stream.ssrc == block.ssrc:
                    outlet.loss = block.fraction_lost / 256

    def path_up(self) -> None:
        """Tell the watcher."""
        self._heard = self.path.heard
        self._watcher.connection_up(self)

    def path_down(self, reason: str) -> None:
        """Tell the watcher."""
        self._watcher.connection_down(self, reason)

    # -- within

    def _listen(self) -> None:
        if self.path.heard != self._heard:
            self._heard = self.path.heard
            self._silent_ticks = 0
            if self.is_silent:
                self.is_silent = False
                self._watcher.connection_heard(self)
            return
        # Ticks are counted, not seconds, so that a stall of this process is not
        # taken for silence of every leg.
        self._silent_ticks += 1
        if self._silent_ticks >= PROBE_AFTER_TICKS and self._silent_ticks % 2 == 0:
            self.path.probe()
        if self._silent_ticks == LOST_AFTER_TICKS:
            self.is_silent = True
            self._watcher.connection_silent(self)
        elif self._silent_ticks == GONE_AFTER_TICKS:
            self._watcher.connection_down(self, "Nothing was heard from the phone for 30 seconds.")

    def _report(self) -> None:
        """Send one compound packet: a sender report a slot in use, and what the microphone must know."""
        if not self.path.slots:
            return
        now = time.monotonic()
        ntp = ntp_time(time.time())  # house: RFC 3550 sender reports carry wall-clock time
        blocks = self._microphone_blocks(now)
        cname = self.path.slots[0].cname
        compound = b""
        for outlet in self.outlets:
            stream = outlet.stream
            if stream.packets:
                compound += sender_report(
                    stream.ssrc, ntp, stream.timestamp_at(now), stream.packets, stream.octets, blocks
                ) + source_description(stream.ssrc, cname)
                blocks = []
        if not compound and blocks:
            ssrc = self.outlets[0].stream.ssrc
            compound = receiver_report(ssrc, blocks) + source_description(ssrc, cname)
        if compound:
            self.path.send_rtcp(compound)

    def _microphone_blocks(self, now: float) -> list[ReportBlock]:
        reception = self._reception
        if reception is None or reception.received == 0:
            return []
        downlinks = [outlet.loss for outlet in self.speaker.outlets] if self.speaker is not None else []
        loss = merged_loss(reception.interval_loss(), downlinks)
        last_report, heard_at = self._speaker_report
        return [reception.block(loss, last_report, now - heard_at)]


class Leg:
    """A phone by its id: the connection that carries it, and one that may take over.

    ``pending`` is a newer offer whose connection is not up yet; until then
    ``current`` goes on, so that a phone asked for its microphone later does not
    lose a word.
    """

    __slots__ = ("current", "id", "is_lost", "pending")

    def __init__(self, leg_id: str) -> None:
        self.id = leg_id
        self.current: Connection | None = None
        self.pending: Connection | None = None
        self.is_lost = False

    @property
    def connections(self) -> list[Connection]:
        """Those that exist."""
        return [c for c in (self.current, self.pending) if c is not None]
