"""A telephone that answers every call with one status, such as 603; baresip itself only knows 486."""

import asyncio

METHODS_ANSWERED = (b"INVITE", b"OPTIONS")


class SipRefusal(asyncio.DatagramProtocol):
    """``calls`` counts the calls refused."""

    def __init__(self, status: int, reason: str) -> None:
        self.calls = 0
        self._line = f"SIP/2.0 {status} {reason}".encode()
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, port: int) -> None:
        """Be reachable at ``port``."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Keep what to answer by."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a request with the status, and its own headers as far as they belong in an answer."""
        head = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
        if self._transport is None or not head[0].startswith(METHODS_ANSWERED):
            return
        self.calls += head[0].startswith(b"INVITE")
        lines = [self._line]
        for line in head[1:]:
            name = line.partition(b":")[0].strip().lower()
            if name in (b"via", b"from", b"call-id", b"cseq"):
                lines.append(line)
            elif name == b"to":
                lines.append(line + b";tag=refusal")
        self._transport.sendto(b"\r\n".join([*lines, b"Content-Length: 0", b"", b""]), addr)

    async def close(self) -> None:
        """Be gone."""
        if self._transport is not None:
            self._transport.close()
