"""The one module that touches private names of aiortc and aioice.

It uses a peer connection as a bare packet path: ICE and DTLS are aiortc's,
while SRTP packets are taken at the socket and sent at the socket, past
aiortc's queues, tasks, jitter buffers and codecs. Private names used:

- aiortc: ``RTCRtpSender._ssrc``, ``RTCRtpTransceiver._codecs`` and
  ``._headerExtensions``, ``RTCDtlsTransport._rx_srtp`` and ``._tx_srtp``,
  ``RTCIceTransport._connection``;
- aioice: ``Connection._nominated``, ``._protocols`` and ``._queue``,
  ``StunProtocol.datagram_received`` replaced on the instance.

They may move with any release, hence the exact versions below. Raising one
means: read this module against the new source, then run
``tests/voice_contract/test_adapter.py``.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any, Protocol

import pylibsrtp
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpCodecParameters,
    RTCRtpTransceiver,
    RTCSessionDescription,
    sdp,
)

from sideline.voice.ice import IceServer
from sideline.voice.webrtc.offer import Offer
from sideline.voice.webrtc.rtp import is_rtcp, is_rtp_or_rtcp
from sideline.voice.webrtc.slots import SLOTS

NEEDED = {"aiortc": "1.16.0", "aioice": "0.13.0"}
"""The releases whose private names this module was written against."""

LOOPBACK = "127.0.0.1"

GATHER_SECONDS = 1
"""How long STUN and TURN servers may take: a phone that reaches this machine directly does not wait for a dead one."""

MAX_SOURCES = 64
"""SSRCs accepted from one peer, which uses about five; libsrtp keeps state for each."""

MAX_WAITING = 100
"""DTLS datagrams kept for aiortc; a handshake has about ten."""

_OPUS_PARAMETERS = {"minptime": 10, "useinbandfec": 1}


class WrongRelease(RuntimeError):
    """An installed release is not the one this module was written against."""


def check_releases(found: Callable[[str], str] = version) -> None:
    """Raise :class:`WrongRelease` in one sentence unless the pinned releases are installed."""
    for package, needed in NEEDED.items():
        installed = found(package)
        if installed != needed:
            raise WrongRelease(
                f"The WebRTC engine needs {package} {needed} exactly, but {installed} is installed: "
                f"install the locked requirements, or review {__name__} against the new release."
            )


check_releases()


class PacketReceiver(Protocol):
    """Takes what arrives on a :class:`MediaPath`; called in the event loop, must not block."""

    def rtp_received(self, packet: bytes) -> None:
        """Take one RTP packet, unprotected (still protected where ``decrypt`` is off)."""
        ...

    def rtcp_received(self, packet: bytes) -> None:
        """Take one compound RTCP packet, unprotected."""
        ...

    def path_up(self) -> None:
        """Learn that packets can be sent and received."""
        ...

    def path_down(self, reason: str) -> None:
        """Learn that the path is gone for good; not called after :meth:`MediaPath.close`."""
        ...


class Line:
    """One negotiated audio line: its ``mid``, the SSRC that is sent on it, Opus' payload type."""

    __slots__ = ("cname", "mid", "payload_type", "ssrc")

    def __init__(self, mid: str, ssrc: int, payload_type: int, cname: str) -> None:
        self.mid = mid
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.cname = cname


class _Nominated(dict[int, Any]):
    """aioice's table of nominated pairs; tells when a pair is nominated or all are dropped."""

    def __init__(self, changed: Callable[[Any | None], None]) -> None:
        super().__init__()
        self._changed = changed

    def __setitem__(self, component: int, pair: Any) -> None:
        super().__setitem__(component, pair)
        self._changed(pair)

    def clear(self) -> None:
        super().clear()
        self._changed(None)


async def _nothing(parameters: object) -> None:
    """Stand in for ``sender.send`` and ``receiver.receive``, which would start tasks and a thread each."""


class MediaPath:
    """One peer connection as a bare path for RTP and RTCP packets.

    Either answers an offer (the engine) or makes one (a client). ``heard``
    counts every datagram that came, so that silence can be noticed; ``slots``
    and ``microphone`` are the negotiated lines.
    """

    def __init__(
        self,
        receiver: PacketReceiver,
        *,
        ice_servers: Sequence[IceServer] = (),
        loopback_only: bool = False,
        decrypt: bool = True,
    ) -> None:
        servers = [RTCIceServer(urls=s.urls, username=s.username, credential=s.credential) for s in ice_servers]
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._receiver = receiver
        self._loopback_only = loopback_only
        self._decrypt = decrypt
        self._is_up = False
        self._is_closed = False
        self._connector: asyncio.Task[Any] | None = None
        self._inbound: pylibsrtp.Session | None = None
        self._outbound: pylibsrtp.Session | None = None
        self._sendto: Callable[[bytes, Any], None] | None = None
        self._address: Any = None
        self._sources: set[bytes] = set()
        self.heard = 0
        self.microphone: Line | None = None
        self.slots: tuple[Line, ...] = ()
        self._peer.on("connectionstatechange", self._state_changed)

    @property
    def is_up(self) -> bool:
        """Whether packets can be sent and received."""
        return self._is_up

    async def answer(self, offer: Offer) -> str:
        """Answer a checked offer; return the SDP answer, all candidates inside.

        Raises ValueError where aiortc cannot make sense of the offer, or the
        path is closed meanwhile; OSError where no address of this machine could
        be had (aioice keeps to itself that no more files may be opened).
        """
        try:
            answer = await self._answer(offer)
        except Exception as problem:  # aiortc raises its own, value and attribute errors alike
            raise ValueError(str(problem) or "it is inconsistent.") from problem
        if "a=candidate:" not in answer:
            raise OSError("no network address of this machine could be used for the phone")
        return answer

    async def offer(self, *, with_microphone: bool, slots: int = SLOTS) -> str:
        """Make the offer that a browser phone makes: a microphone line (or an idle one) and the slots."""
        self._peer.addTransceiver("audio", "sendrecv" if with_microphone else "recvonly")
        for _ in range(slots):
            self._peer.addTransceiver("audio", "recvonly")
        for transceiver in self._peer.getTransceivers():
            transceiver.sender.send = _nothing
            transceiver.receiver.receive = _nothing
        self._take_over()
        await self._peer.setLocalDescription()
        self._hook()
        return self._peer.localDescription.sdp

    async def accept(self, answer: str) -> None:
        """Take the answer to :meth:`offer`; raise ValueError if it cannot be read."""
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        first, *slots = self._peer.getTransceivers()
        lines = self._lines(answer)
        if first.currentDirection in ("sendrecv", "sendonly"):
            line = lines[first.mid or ""]
            self.microphone = Line(line.mid, first.sender._ssrc, line.payload_type, "")
        self.slots = tuple(lines[t.mid or ""] for t in slots)

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet; does nothing while the path is not up."""
        if self._outbound is not None and self._sendto is not None:
            try:
                protected = self._outbound.protect(packet)
            except (pylibsrtp.Error, ValueError):  # must not keep the packet from other listeners
                return
            self._sendto(protected, self._address)

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one compound RTCP packet; does nothing while the path is not up."""
        if self._outbound is not None and self._sendto is not None:
            self._sendto(self._outbound.protect_rtcp(packet), self._address)

    def probe(self) -> None:
        """Send one consent check (RFC 7675); its response counts as ``heard``."""
        connection = self._connection()
        for pair in connection._nominated.values():
            request = connection.build_request(pair, nominate=False)
            request.add_message_integrity(connection.remote_password.encode())
            pair.protocol.send_stun(request, pair.remote_addr)

    async def abandon(self) -> None:
        """Free the sockets without a good-bye, as a killed process does."""
        if self._peer.getTransceivers():
            self._connection()._nominated.clear()
        await self.close()

    async def close(self) -> None:
        """Say good-bye to the other side and free the sockets; may be called again."""
        self._is_closed = True
        self._drop()
        await self._peer.close()
        # aiortc does not wait for the task that it connects in, which ends a moment later.
        if self._connector is not None and self._connector is not asyncio.current_task():
            await asyncio.wait([self._connector])
            if not self._connector.cancelled():
                # It may have met the closed transport; nobody else would ask, and asyncio would complain of that.
                self._connector.exception()

    # -- within

    async def _answer(self, offer: Offer) -> str:
        await self._peer.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        for transceiver in self._peer.getTransceivers():
            self._strip(transceiver)
            if transceiver.mid == offer.microphone:
                transceiver.direction = "recvonly"
            elif transceiver.mid in offer.slots:
                transceiver.direction = "sendonly"
            else:
                transceiver.direction = "inactive"
        self._take_over()
        await self._peer.setLocalDescription()
        self._hook()
        answer = self._peer.localDescription.sdp
        lines = self._lines(answer)
        self.microphone = lines[offer.microphone] if offer.microphone is not None else None
        self.slots = tuple(lines[mid] for mid in offer.slots)
        return answer

    def _connection(self) -> Any:
        return self._peer.getTransceivers()[0].receiver.transport.transport._connection

    def _strip(self, transceiver: RTCRtpTransceiver) -> None:
        """Leave a line with Opus alone, without header extensions, sender and receiver idle.

        Without extensions the other side sends none (no mid that would steer a
        browser to the wrong slot); in-band FEC lets it repair what is lost.
        """
        opus = next(c for c in transceiver._codecs if c.mimeType.lower() == "audio/opus")
        transceiver._codecs = [
            RTCRtpCodecParameters(
                mimeType=opus.mimeType,
                clockRate=opus.clockRate,
                channels=opus.channels,
                payloadType=opus.payloadType,
                parameters=dict(_OPUS_PARAMETERS),
            )
        ]
        transceiver._headerExtensions = []
        transceiver.sender.send = _nothing
        transceiver.receiver.receive = _nothing

    def _take_over(self) -> None:
        """Choose the addresses to gather, follow the nominated pair, and learn which task connects."""
        connection = self._connection()
        connect = connection.connect

        async def connect_in_known_task() -> None:
            self._connector = asyncio.current_task()
            await connect()

        connection.connect = connect_in_known_task
        connection._nominated = _Nominated(self._nominate)
        gather = connection.get_component_candidates

        async def on_chosen_addresses(component: int, addresses: list[str], timeout: int = 5) -> Any:
            chosen = [LOOPBACK] if self._loopback_only or not addresses else addresses
            return await gather(component=component, addresses=chosen, timeout=min(timeout, GATHER_SECONDS))

        connection.get_component_candidates = on_chosen_addresses

    def _hook(self) -> None:
        for protocol in self._connection()._protocols:
            protocol.datagram_received = self._taker(protocol.datagram_received)

    def _taker(self, rest: Callable[[bytes, Any], None]) -> Callable[[bytes, Any], None]:
        """Return a ``datagram_received`` that takes media and leaves STUN and DTLS to ``rest``."""
        receiver = self._receiver
        decrypt = self._decrypt
        sources = self._sources

        def datagram_received(data: bytes, address: Any) -> None:
            self.heard += 1
            if not is_rtp_or_rtcp(data):
                self._leave_to_aiortc(rest, data, address)
                return
            session = self._inbound
            if session is None:
                return
            control = is_rtcp(data)
            source = data[4:8] if control else data[8:12]
            if source not in sources and len(sources) >= MAX_SOURCES:
                return
            try:
                if control:
                    data = session.unprotect_rtcp(data)
                elif decrypt:
                    data = session.unprotect(data)
            except (pylibsrtp.Error, ValueError):  # forged, replayed or oversize
                return
            sources.add(source)
            if control:
                receiver.rtcp_received(data)
            else:
                receiver.rtp_received(data)

        return datagram_received

    def _leave_to_aiortc(self, rest: Callable[[bytes, Any], None], data: bytes, address: Any) -> None:
        """Pass STUN and DTLS on; anyone can send to the port, so nothing else, nor too much."""
        first = data[0] if data else 255
        is_stun, is_dtls = first < 4, 20 <= first < 64
        if not is_stun and not (is_dtls and self._connection()._queue.qsize() < MAX_WAITING):
            return
        # A malformed attribute raises struct.error, upon which uvloop closes the socket.
        with suppress(Exception):
            rest(data, address)

    def _nominate(self, pair: Any | None) -> None:
        self._sendto = pair.protocol.transport.sendto if pair is not None else None
        self._address = pair.remote_addr if pair is not None else None

    def _state_changed(self) -> None:
        if self._is_closed:
            return
        state = self._peer.connectionState
        if state == "connected" and not self._is_up:
            dtls = self._peer.getTransceivers()[0].receiver.transport
            self._inbound, self._outbound = dtls._rx_srtp, dtls._tx_srtp
            self._is_up = True
            self._receiver.path_up()
        elif state in ("failed", "closed"):
            was_up = self._is_up
            self._is_closed = True
            self._drop()
            self._receiver.path_down("The connection was closed." if was_up else "The connection never came up.")

    def _drop(self) -> None:
        self._is_up = False
        self._inbound = self._outbound = None

    def _lines(self, description: str) -> dict[str, Line]:
        """Return the lines of an answer by ``mid``, with the SSRC that its author sends."""
        lines: dict[str, Line] = {}
        for media in sdp.SessionDescription.parse(description).media:
            opus = next(c for c in media.rtp.codecs if c.mimeType.lower() == "audio/opus")
            ssrc = media.ssrc[0] if media.ssrc else None
            lines[media.rtp.muxId] = Line(
                media.rtp.muxId, ssrc.ssrc if ssrc else 0, opus.payloadType or 0, (ssrc.cname if ssrc else None) or ""
            )
        return lines
