"""SIP without a telephone: what answers every call with one status, and what leads to telephones outside by number."""

import asyncio
import re
from collections.abc import Mapping


class SipRefusal(asyncio.DatagramProtocol):
    """A telephone that refuses every call, also with a status that baresip hasn't got; ``calls`` counts them."""

    def __init__(self, status: int, reason: str) -> None:
        self.calls = 0
        self._status = status, reason
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, port: int) -> None:
        """Be reachable at ``port``."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Keep what to answer by."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a call, with its own headers as far as they belong in an answer."""
        head = data.decode(errors="replace").partition("\r\n\r\n")[0].split("\r\n")
        if self._transport is None or not head[0].startswith("INVITE "):
            return
        self.calls += 1
        first, *more = self._answer(head[0].split()[1])
        lines = [f"SIP/2.0 {first}"]
        for line in head[1:]:
            name = line.partition(":")[0].strip().lower()
            if name in ("via", "from", "call-id", "cseq"):
                lines.append(line)
            elif name == "to":
                lines.append(f"{line};tag=refusal")
        self._transport.sendto("\r\n".join([*lines, *more, "Content-Length: 0", "", ""]).encode(), addr)

    def _answer(self, address: str) -> list[str]:
        return [f"{self._status[0]} {self._status[1]}"]

    async def close(self, *, hurry: bool = False) -> None:
        """Be gone."""
        if self._transport is not None:
            self._transport.close()


class TrunkEnd(SipRefusal):
    """The other end of a trunk: it tells the PBX where the telephone with a number is, or that there is none."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        super().__init__(404, "Not Found")
        self._ports = ports

    def _answer(self, address: str) -> list[str]:
        number = re.match(r"sips?:([^@;>]+)@", address)
        port = self._ports.get(number.group(1)) if number else None
        if number is None or port is None:
            return super()._answer(address)
        return ["302 Moved Temporarily", f"Contact: <sip:{number.group(1)}@127.0.0.1:{port}>"]
