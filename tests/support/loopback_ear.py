"""What arrives at ports of this machine by loopback, without being the program that owns them.

One thread reads for everyone in this process; the kernel drops what nobody asked for before it gets here, and notes
when each packet came, so that a busy test doesn't hear late. Needs root (a packet socket).
"""

import ctypes
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

ETH_P_IP = 0x0800
SO_ATTACH_FILTER = 26
SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
BUFFER_BYTES = 8 * 1024**2
MOST_AT_ONCE = 500
"""Packets after which it looks whether it is to end: more may come than it can take."""

_UDP = 17


class Datagram(NamedTuple):
    """One UDP packet: when it came (monotonic seconds), from and to which port, and what was in it."""

    at: float
    source: int
    port: int
    payload: bytes


Taker = Callable[[Datagram], None]


class LoopbackEar:
    """Hands each datagram to whoever asked for its port; takers are called in the ear's thread."""

    def __init__(self) -> None:
        self._takers: dict[int, Taker] = {}
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._wake: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def listen(self, ports: range, take: Taker) -> None:
        """Hand what comes to ``ports`` to ``take`` from now on."""
        with self._lock:
            self._takers.update(dict.fromkeys(ports, take))
            if self._socket is None:
                self._open()
            self._filter()

    def leave(self, ports: range) -> None:
        """Hear nothing more of ``ports``."""
        with self._lock:
            for port in ports:
                self._takers.pop(port, None)
            if self._takers:
                self._filter()
                return
            thread = self._close()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _open(self) -> None:
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        ear.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        ear.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        ear.setblocking(False)
        self._socket = ear
        self._filter()
        ear.bind(("lo", ETH_P_IP))
        self._wake, woken = socket.socketpair()
        self._thread = threading.Thread(target=self._read, args=(ear, woken), name="loopback-ear", daemon=True)
        self._thread.start()

    def _close(self) -> threading.Thread | None:
        thread, self._thread = self._thread, None
        if self._wake is not None:
            self._wake.close()
        self._socket = self._wake = None
        return thread

    def _filter(self) -> None:
        assert self._socket is not None
        program = b"".join(_filter_for(_runs(sorted(self._takers))))
        code = ctypes.create_string_buffer(program)
        head = struct.pack("HL", len(program) // 8, ctypes.addressof(code))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, head)

    def _read(self, ear: socket.socket, woken: socket.socket) -> None:
        with ear, woken, selectors.DefaultSelector() as selector:
            selector.register(ear, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while all(key.fileobj is ear for key, _ in selector.select()):
                self._drain(ear)

    def _drain(self, ear: socket.socket) -> None:
        # The kernel notes wall-clock time; tests think in monotonic time.
        offset = time.clock_gettime(time.CLOCK_REALTIME) - time.monotonic()
        for _ in range(MOST_AT_ONCE):
            try:
                packet, notes, _, _ = ear.recvmsg(65_535, 64, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            at = time.monotonic()
            for _, kind, data in notes:
                if kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("ll", data)
                    at = seconds + nanoseconds / 1e9 - offset
            udp = (packet[0] & 0x0F) * 4
            source, port, length = struct.unpack_from("!HHH", packet, udp)
            take = self._takers.get(port)
            if take is not None:
                take(Datagram(at, source, port, packet[udp + 8 : udp + length]))


EAR = LoopbackEar()
"""The one of this process."""


def _runs(ports: list[int]) -> list[tuple[int, int]]:
    """Return the ports as (first, last) of each unbroken row."""
    runs: list[tuple[int, int]] = []
    for port in ports:
        if runs and port == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], port)
        else:
            runs.append((port, port))
    return runs


def _filter_for(runs: list[tuple[int, int]]) -> list[bytes]:
    """Return a classic BPF program that passes UDP to these ports and drops the rest."""

    def step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, k)

    drop = step(0x06, 0)
    program = [
        step(0x30, 9),  # the protocol's number …
        step(0x15, _UDP, 1, 0),  # … is UDP's,
        drop,
        step(0xB1, 0),  # and behind the IP header …
        step(0x48, 2),  # … the port of destination …
    ]
    for first, last in runs:  # … is one of these.
        program += [step(0x35, first, 0, 2), step(0x25, last, 1, 0), step(0x06, 0xFFFF)]
    return [*program, drop]
