"""The receiving end of the fan-out bench: many raw websocket clients in a process of their own.

Told what to do by lines of JSON on standard input, answers in lines on standard output. It reads with epoll and
counts frames only, so that it is quicker than any sender and the sender is what is measured.
"""

import json
import os
import select
import socket
import sys
import time
from typing import Any

MARK = b'"kind":"events"'


class Clients:
    """Sockets by number; ``stopped`` ones are not read."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sockets: list[socket.socket] = []
        self.by_fd: dict[int, int] = {}
        self.epoll = select.epoll()
        self.rest: dict[int, bytes] = {}

    def open(self, token: str, topics: list[str]) -> None:
        """Open one socket with the sign-in ``token`` and subscribe it."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = (
            f"GET /api/socket HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: sideline_session={token}\r\n\r\n"
        )
        connection.sendall(head.encode())
        payload = json.dumps({"op": "subscribe", "topics": topics}).encode()
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0xFE]) + len(payload).to_bytes(2, "big")
        read = b""
        while b'"kind":"hello"' not in read:
            read += connection.recv(4096)
        connection.sendall(b"\x81" + size + b"\0\0\0\0" + payload)
        while b'"kind":"subscribed"' not in read:
            read += connection.recv(4096)
        connection.setblocking(False)
        number = len(self.sockets)
        self.sockets.append(connection)
        self.by_fd[connection.fileno()] = number
        self.epoll.register(connection.fileno(), select.EPOLLIN)

    def stop_reading(self, numbers: list[int]) -> None:
        """Never read these again."""
        for number in numbers:
            self.epoll.unregister(self.sockets[number].fileno())

    def await_frames(self, frames: int, seconds: float) -> dict[str, Any]:
        """Wait until so many event frames came in all; return when the last one did (monotonic seconds)."""
        left = frames
        deadline = time.monotonic() + seconds
        read, poll, rest = os.read, self.epoll.poll, self.rest
        while left > 0:
            for fd, _ in poll(max(0.0, deadline - time.monotonic()), 512):
                data = read(fd, 1 << 18)
                if not data:
                    self.epoll.unregister(fd)
                    continue
                # A mark may be cut in two by the end of a read.
                kept = rest.get(fd, b"")
                left -= (kept + data).count(MARK)
                rest[fd] = data[-len(MARK) + 1 :]
            if time.monotonic() >= deadline:
                break
        return {"at": time.monotonic(), "missing": left}

    def drain(self, number: int) -> dict[str, Any]:
        """Read what is left for a stopped reader until the server closes; return how many bytes and the last ones."""
        connection = self.sockets[number]
        connection.setblocking(True)
        connection.settimeout(15)
        size, tail = 0, b""
        try:
            while data := connection.recv(1 << 18):
                size += len(data)
                tail = (tail + data)[-200:]
        except OSError as error:
            return {"bytes": size, "end": type(error).__name__, "code": _code(tail)}
        return {"bytes": size, "end": "closed", "code": _code(tail)}


def _code(tail: bytes) -> int:
    at = tail.rfind(b"\x88")
    return int.from_bytes(tail[at + 2 : at + 4], "big") if at >= 0 else 0


def main() -> None:
    clients = Clients(int(sys.argv[1]))
    for line in sys.stdin:
        order = json.loads(line)
        match order.pop("do"):
            case "open":
                for token, topics in order["sockets"]:
                    clients.open(token, topics)
                answer: dict[str, Any] = {"open": len(clients.sockets)}
            case "stop":
                clients.stop_reading(order["numbers"])
                answer = {}
            case "await":
                print("{}", flush=True)
                answer = clients.await_frames(order["frames"], order["seconds"])
            case _:
                answer = clients.drain(order["number"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
