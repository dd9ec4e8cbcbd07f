"""The private names of aiortc and aioice, over the loopback, packet by packet.

Raise the pinned releases only with these green.
"""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sideline.voice.engine import LegAnswered
from sideline.voice.webrtc.adapter import LOOPBACK, MAX_SOURCES, NEEDED, MediaPath, WrongRelease, check_releases
from sideline.voice.webrtc.client import BrowserLikePhone
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.offer import read_offer
from sideline.voice.webrtc.rtcp import read_reports, receiver_report, source_description
from sideline.voice.webrtc.rtp import FIXED_HEADER
from sideline.voice.webrtc.slots import SILENCE_FRAME
from tests.support.sound_phones import Exchange


class Tap:
    """One end of a path: keeps whatever arrives."""

    def __init__(self, *, decrypt: bool = True) -> None:
        self.path = MediaPath(self, loopback_only=True, decrypt=decrypt)
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.down: list[str] = []
        self.up = asyncio.Event()
        self.fell = asyncio.Event()
        self._arrived = asyncio.Condition()
        self._news: set[asyncio.Task[None]] = set()

    def rtp_received(self, packet: bytes) -> None:
        self.rtp.append(packet)
        self._tell()

    def rtcp_received(self, packet: bytes) -> None:
        self.rtcp.append(packet)
        self._tell()

    def path_up(self) -> None:
        self.up.set()

    def path_down(self, reason: str) -> None:
        self.down.append(reason)
        self.fell.set()

    async def until(self, rtp: int = 0, rtcp: int = 0) -> None:
        async with asyncio.timeout(3), self._arrived:
            await self._arrived.wait_for(lambda: len(self.rtp) >= rtp and len(self.rtcp) >= rtcp)

    def _tell(self) -> None:
        async def tell() -> None:
            async with self._arrived:
                self._arrived.notify_all()

        task = asyncio.create_task(tell())
        self._news.add(task)
        task.add_done_callback(self._news.discard)


@asynccontextmanager
async def joined(*, decrypt: bool = True) -> AsyncIterator[tuple[Tap, Tap]]:
    caller, answerer = Tap(decrypt=decrypt), Tap()
    try:
        offer = await caller.path.offer(with_microphone=True)
        await caller.path.accept(await answerer.path.answer(read_offer(offer)))
        await asyncio.wait_for(asyncio.gather(caller.up.wait(), answerer.up.wait()), 5)
        yield caller, answerer
    finally:
        await caller.path.close()
        await answerer.path.close()


def rtp(n: int, ssrc: int, payload: bytes = b"\xf8\xff\xfe", first: int = 0x80, extra: bytes = b"") -> bytes:
    return FIXED_HEADER.pack(first, 96, n & 0xFFFF, n * 960, ssrc) + extra + payload


async def test_packets_and_reports_pass_both_ways_unchanged() -> None:
    async with joined() as (caller, answerer):
        report = receiver_report(5, []) + source_description(5, "me")
        caller.path.send_rtp(rtp(1, 77))
        caller.path.send_rtcp(report)
        answerer.path.send_rtp(rtp(2, 88))
        answerer.path.send_rtcp(report)
        await answerer.until(rtp=1, rtcp=1)
        await caller.until(rtp=1, rtcp=1)
        assert (answerer.rtp, caller.rtp) == ([rtp(1, 77)], [rtp(2, 88)])
        assert answerer.rtcp == caller.rtcp == [report]


async def test_the_lines_of_both_sides_agree() -> None:
    async with joined() as (caller, answerer):
        assert [line.ssrc for line in caller.path.slots] == [line.ssrc for line in answerer.path.slots]
        assert len({line.ssrc for line in caller.path.slots}) == 4
        assert caller.path.microphone is not None
        assert answerer.path.microphone is not None
        assert caller.path.microphone.payload_type == answerer.path.microphone.payload_type


async def test_forged_and_replayed_packets_are_dropped() -> None:
    async with joined() as (caller, answerer):
        sent: list[tuple[bytes, Any]] = []
        send = caller.path._sendto
        assert send is not None

        def twice(data: bytes, address: Any) -> None:
            sent.append((data, address))
            send(data, address)
            send(data, address)
            send(data[:-1] + bytes([data[-1] ^ 1]), address)
            send(b"\x80" + bytes(2000), address)
            send(b"\x80", address)

        caller.path._sendto = twice
        caller.path.send_rtp(rtp(1, 77))
        caller.path._sendto = send
        caller.path.send_rtp(rtp(2, 77))
        await answerer.until(rtp=2)
        assert answerer.rtp == [rtp(1, 77), rtp(2, 77)]


async def test_datagrams_of_strangers_do_not_end_a_leg() -> None:
    async with joined() as (caller, answerer):
        port = answerer.path._connection().local_candidates[0].port
        bad_attribute = struct.pack("!HHI12sHHI", 0x0001, 8, 0x2112A442, b"x" * 12, 0x0024, 1, 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for data in (
                b"",
                b"\x00",
                b"\x16",
                b"\x16" * 50,
                b"\x80" * 12,
                b"\xff" * 90,
                bad_attribute,
                b"\x80\xc8" * 9,
            ):
                stranger.sendto(data, (LOOPBACK, port))
            for _ in range(1000):
                stranger.sendto(b"\x17" * 13, (LOOPBACK, port))
        await asyncio.sleep(0.1)  # house: what strangers sent has to arrive before it can do harm
        caller.path.send_rtp(rtp(1, 77))
        await answerer.until(rtp=1)
        assert answerer.path.is_up


async def test_a_peer_cannot_make_the_engine_keep_state_for_ever_more_sources() -> None:
    async with joined() as (caller, answerer):
        for n in range(3 * MAX_SOURCES):
            caller.path.send_rtp(rtp(1, 1000 + n))
        await answerer.until(rtp=MAX_SOURCES)
        caller.path.send_rtp(rtp(2, 1000))
        await answerer.until(rtp=MAX_SOURCES + 1)
        assert len(answerer.rtp) == MAX_SOURCES + 1


async def test_a_client_that_only_counts_gets_packets_with_readable_headers() -> None:
    async with joined(decrypt=False) as (caller, answerer):
        answerer.path.send_rtp(rtp(9, 88))
        await caller.until(rtp=1)
        assert caller.rtp[0][:12] == rtp(9, 88)[:12]
        assert caller.rtp[0] != rtp(9, 88)


async def test_a_newly_nominated_pair_gets_the_packets_from_then_on() -> None:
    async with joined() as (caller, _):
        went: list[Any] = []

        class Elsewhere:
            remote_addr = ("192.0.2.9", 9)

            class protocol:
                class transport:
                    @staticmethod
                    def sendto(data: bytes, address: Any) -> None:
                        went.append(address)

        nominated = caller.path._connection()._nominated
        before = nominated[1]
        nominated[1] = Elsewhere
        caller.path.send_rtp(rtp(1, 77))
        nominated[1] = before
        assert went == [("192.0.2.9", 9)]


async def test_a_probe_is_answered_and_counts_as_heard() -> None:
    async with joined() as (caller, answerer):
        await asyncio.sleep(0.1)  # house: the handshake's last packets have to be over
        heard = answerer.path.heard
        answerer.path.probe()
        await asyncio.sleep(0.1)  # house: exactly one answer, so a second needs time to come
        assert answerer.path.heard == heard + 1
        assert caller.path.is_up


async def test_the_other_side_learns_at_once_of_a_close_but_not_of_a_vanishing() -> None:
    async with joined() as (caller, answerer):
        await caller.path.close()
        await asyncio.wait_for(answerer.fell.wait(), 2)
        assert answerer.down == ["The connection was closed."]
        assert caller.down == []
        answerer.path.send_rtp(rtp(1, 88))
    async with joined() as (caller, answerer):
        await caller.path.abandon()
        await asyncio.sleep(0.3)  # house: that nothing is told takes time to see
        assert answerer.down == []


async def test_only_the_loopback_is_offered_where_that_is_asked_for() -> None:
    tap = Tap()
    offer = await tap.path.offer(with_microphone=True)
    await tap.path.close()
    candidates = [line.split()[4] for line in offer.splitlines() if line.startswith("a=candidate")]
    assert set(candidates) == {LOOPBACK}


async def test_the_loopback_is_offered_on_a_machine_that_has_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: [])
    path = MediaPath(Tap())
    offer = await path.offer(with_microphone=False)
    await path.close()
    assert f" {LOOPBACK} " in offer


def test_another_release_of_the_libraries_is_refused_in_one_sentence() -> None:
    check_releases()
    for package in NEEDED:
        with pytest.raises(WrongRelease, match=rf"needs {package} .* exactly, but 99 is installed.*\.$"):
            check_releases(lambda name, package=package: "99" if name == package else NEEDED[name])


async def test_a_phone_notices_that_its_engine_was_killed() -> None:
    answerer = Tap()

    async def answer(offer: str) -> str:
        return await answerer.path.answer(read_offer(offer))

    phone = BrowserLikePhone(answer, loopback_only=True)
    await phone.connect()
    await answerer.up.wait()
    start = time.monotonic()
    await answerer.path.abandon()
    await asyncio.wait_for(phone.wait_down(), 9)
    assert time.monotonic() - start > 4
    await phone.close()


# --- what the engine lets through, packet by packet


@asynccontextmanager
async def tapped() -> AsyncIterator[tuple[Tap, Tap, Exchange]]:
    """Two raw phones on an engine, the first routed to the second."""
    exchange = Exchange(WebRtcEngine(loopback_only=True))
    speaker, listener = Tap(), Tap()
    try:
        for name, tap in (("speaker", speaker), ("listener", listener)):
            offer = await tap.path.offer(with_microphone=True)
            await tap.path.accept(await exchange.engine.connect(name, offer))
            await asyncio.wait_for(tap.up.wait(), 5)
            await exchange.fact(LegAnswered(name))
        await exchange.route(("speaker", "listener"))
        yield speaker, listener, exchange
    finally:
        await speaker.path.close()
        await listener.path.close()
        await exchange.close()


@pytest.mark.promise("V20")
async def test_no_header_extension_source_or_padding_passes_the_engine() -> None:
    async with tapped() as (speaker, listener, _):
        mid = b"\xbe\xde\x00\x01\x10\x30\x00\x00"
        speaker.path.send_rtp(rtp(1, 77))
        speaker.path.send_rtp(rtp(2, 77, first=0x90, extra=mid))
        speaker.path.send_rtp(rtp(3, 77, first=0x91, extra=b"\0\0\0\7" + mid))
        speaker.path.send_rtp(rtp(4, 77, payload=b"\xf8\xff\xfe\0\0\3", first=0xA0))
        await listener.until(rtp=4)
        assert {packet[0] for packet in listener.rtp} == {0x80}
        assert {packet[12:] for packet in listener.rtp} == {b"\xf8\xff\xfe"}
        numbers = [FIXED_HEADER.unpack_from(packet)[2] for packet in listener.rtp]
        assert numbers == [(numbers[0] + n) & 0xFFFF for n in range(4)]
        assert {FIXED_HEADER.unpack_from(packet)[4] for packet in listener.rtp} == {listener.path.slots[0].ssrc}


async def test_foreign_payload_types_empty_and_oversize_payloads_do_not_pass() -> None:
    async with tapped() as (speaker, listener, _):
        speaker.path.send_rtp(FIXED_HEADER.pack(0x80, 0, 1, 960, 77) + b"pcm")
        speaker.path.send_rtp(rtp(2, 77, payload=b""))
        speaker.path.send_rtp(rtp(3, 77, payload=b"\0\0\3", first=0xA0))
        speaker.path.send_rtp(rtp(4, 77, payload=bytes(1300)))
        speaker.path.send_rtp(rtp(5, 77))
        await listener.until(rtp=1)
        assert [packet[12:] for packet in listener.rtp] == [b"\xf8\xff\xfe"]


async def test_a_flood_from_one_microphone_does_not_reach_the_listener() -> None:
    async with tapped() as (speaker, listener, _):
        start = time.monotonic()
        for n in range(3000):
            speaker.path.send_rtp(rtp(n, 77))
            if n % 100 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.2)  # house: that no more than so many arrive takes time to see
        assert len(listener.rtp) <= 100 * (2 + (time.monotonic() - start) / 0.25)


async def test_reports_to_the_speaker_and_the_listener_go_out_every_second() -> None:
    async with tapped() as (speaker, listener, _):
        speaker.path.send_rtp(rtp(1, 77))
        await speaker.until(rtcp=1)
        await listener.until(rtcp=1)
        block = read_reports(speaker.rtcp[0]).blocks[0]
        assert (block.ssrc, block.packets_lost) == (77, 0)
        assert read_reports(listener.rtcp[0]).senders.keys() == {listener.path.slots[0].ssrc}


async def test_a_route_that_closes_ends_in_silence_frames() -> None:
    async with tapped() as (speaker, listener, exchange):
        speaker.path.send_rtp(rtp(1, 77, payload=b"\xf8loud"))
        await listener.until(rtp=1)
        await exchange.route()
        await listener.until(rtp=3)
        speaker.path.send_rtp(rtp(2, 77, payload=b"\xf8loud"))
        await asyncio.sleep(0.1)  # house: that the packet does not arrive takes time to see
        assert [packet[12:] for packet in listener.rtp] == [b"\xf8loud", SILENCE_FRAME, SILENCE_FRAME]
