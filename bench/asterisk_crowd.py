"""A crowd of SIP telephones in one process, cheap enough for hundreds: each answers at once and plays a tone.

They speak as much SIP as an Asterisk needs to hear that answers are wanted, and send real RTP (G.711, 50 packets a
second, spread over the 20 ms). What reaches them they don't read: the kernel drops it; a bench listens on loopback.

Run as ``python bench/asterisk_crowd.py SIP-PORT FIRST-RTP-PORT PHONES TALKING``; it answers each line on its
input with how late it has sent since the last one, and ends with its input.
"""

import asyncio
import contextlib
import json
import os
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.support.asterisk_machines import AS_AN_APPLIANCE  # noqa: E402

HERTZ = {"c": 400, "a": 650, "s": 1250}
"""By how a telephone's name begins: customers, agents, supervisors. Multiples of 50: a frame repeats."""
SLOTS = 20
SLOT_SECONDS = 0.001
FRAME = 160
GIVEN_UP_SECONDS = 0.1
"""What could not be sent for so long is not sent later all at once."""
KINDS = "cas"

_PORT = re.compile(rb"^m=audio (\d+)", re.MULTILINE)
_USER = re.compile(rb"^INVITE sip:([^@; ]+)@")


def rtp_port(name: str, first: int, phones: int) -> int:
    """Return the RTP port of ``c7`` or ``a7`` or ``s7``: each kind has ports in a row."""
    return first + 2 * (KINDS.index(name[0]) * phones + int(name[1:]))


class Telephone:
    """One telephone on one call."""

    def __init__(self, name: str, port: int, to: int) -> None:
        self.name = name
        self.port = port
        self.sockets = [_bound(port), _bound(port + 1)]
        self.packet = bytearray(12) + _frame(HERTZ[name[0]])
        self.sequence = int.from_bytes(os.urandom(1))
        self.head = (0x80, int.from_bytes(os.urandom(4)))
        self.to = ("127.0.0.1", to)

    def send(self) -> None:
        """Send the next frame."""
        self.sequence += 1
        first, source = self.head
        sequence, at = self.sequence & 0xFFFF, (self.sequence * FRAME) & 0xFFFFFFFF
        struct.pack_into("!BBHII", self.packet, 0, first, 0, sequence, at, source)
        with contextlib.suppress(OSError):  # The call may be over at the other end, and its port closed.
            self.sockets[0].sendto(self.packet, self.to)

    def close(self) -> None:
        """Free the ports."""
        for each in self.sockets:
            each.close()


class Crowd(asyncio.DatagramProtocol):
    """All telephones: their SIP side runs in the event loop, their sound in a thread."""

    def __init__(self, sip_port: int, first_rtp: int, phones: int, talking: int) -> None:
        self._sip_port, self._first, self._phones, self._talking = sip_port, first_rtp, phones, talking
        self._calls: dict[bytes, Telephone] = {}
        self._slots: list[list[Telephone]] = [[] for _ in range(SLOTS)]
        self._transport: asyncio.DatagramTransport | None = None
        self._lateness: list[float] = []
        threading.Thread(target=self._play, daemon=True).start()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Keep what to answer by."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a request: 200 to everything, with what is offered to an INVITE."""
        method = data.partition(b" ")[0]
        if method in (b"ACK", b"SIP/2.0") or self._transport is None:
            return
        lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
        kept = [each for each in lines[1:] if each.partition(b":")[0].lower() in (b"via", b"from", b"call-id", b"cseq")]
        to = next(each for each in lines if each.lower().startswith(b"to:"))
        call = next(each for each in lines if each.lower().startswith(b"call-id:"))
        body = b""
        if method == b"INVITE":
            try:
                body = self._answer(call, data)
            except OSError:
                return  # Its former call is just ending; Asterisk asks again.
        elif method == b"BYE":
            self._hang_up(call)
        to = to if b"tag=" in to else to + b";tag=crowd"
        more = [
            b"Contact: <sip:crowd@127.0.0.1:%d>" % self._sip_port,
            b"Content-Type: application/sdp",
            b"Content-Length: %d" % len(body),
        ]
        self._transport.sendto(b"\r\n".join([b"SIP/2.0 200 OK", *kept, to, *more, b"", body]), addr)

    def _answer(self, call: bytes, data: bytes) -> bytes:
        asked, user = _PORT.search(data), _USER.match(data)
        assert asked is not None and user is not None
        telephone = self._calls.get(call)
        if telephone is None:
            name = user.group(1).decode()
            telephone = Telephone(name, rtp_port(name, self._first, self._phones), int(asked.group(1)))
            self._calls[call] = telephone
            if int(name[1:]) < self._talking:
                min(self._slots, key=len).append(telephone)
        telephone.to = ("127.0.0.1", int(asked.group(1)))
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {telephone.port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
        ).encode()

    def _hang_up(self, call: bytes) -> None:
        telephone = self._calls.pop(call, None)
        if telephone is not None:
            for slot in self._slots:
                if telephone in slot:
                    slot.remove(telephone)
            telephone.close()

    def _play(self) -> None:
        due = time.monotonic()
        number = 0
        while True:
            due = max(due + SLOT_SECONDS, time.monotonic() - GIVEN_UP_SECONDS)
            number = (number + 1) % SLOTS
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            slot = list(self._slots[number])
            if slot:
                self._lateness.append(time.monotonic() - due)
            for telephone in slot:
                telephone.send()

    def lateness(self) -> dict[str, Any]:
        """Return how late the frames were sent since this was asked last."""
        late, self._lateness = np.asarray(self._lateness or [0.0]) * 1000, []
        return {
            "telephones": len(self._calls),
            "sent_late_p99_ms": round(float(np.quantile(late, 0.99)), 1),
            "sent_late_max_ms": round(float(late.max()), 1),
        }


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    made.bind(("127.0.0.1", port))
    return made


def _frame(hertz: int) -> bytes:
    """Return 20 ms of a tone in mu-law (G.711)."""
    sound = 0.3 * 32768 * np.sin(2 * np.pi * hertz * np.arange(FRAME) / 8000)
    size = np.minimum(np.abs(sound), 32635).astype(int) + 0x84
    exponent = np.floor(np.log2(size)).astype(int) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    return bytes((~(np.where(sound < 0, 0x80, 0) | (exponent << 4) | mantissa)).astype(np.uint8))


class CrowdHandle:
    """The bench's end of a crowd."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def lateness(self) -> dict[str, Any]:
        """Return how late the crowd has sent since this was asked last."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(b"\n")
        return json.loads(await self._process.stdout.readline())


@contextlib.asynccontextmanager
async def crowd(sip_port: int, first_rtp: int, phones: int, talking: int) -> AsyncIterator[CrowdHandle]:
    """Run a crowd of ``phones`` of each kind in a process of its own; the first ``talking`` of each send sound."""
    numbers = (str(number) for number in (sip_port, first_rtp, phones, talking))
    words = (*AS_AN_APPLIANCE, sys.executable, __file__, *numbers)
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    handle = CrowdHandle(process)
    try:
        await handle.lateness()
        yield handle
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def serve(sip_port: int, first_rtp: int, phones: int, talking: int) -> None:
    made = Crowd(sip_port, first_rtp, phones, talking)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", sip_port))
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(made.lateness()), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(*(int(word) for word in sys.argv[1:])))
