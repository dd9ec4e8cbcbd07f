"""How a process of Sideline gets on with the ``sideline run`` that started it.

``sideline run`` hands each process it starts a few file descriptors, named in
its environment:

==========================  =====================================================
``SIDELINE_READY_FD``       write end: the process says that it is ready
``SIDELINE_LIFELINE_FD``    read end: closes when ``sideline run`` is gone
``SIDELINE_LISTEN_FD``      the listening socket of the web process
==========================  =====================================================

Started by hand, without them, a process works as well: every function here
then does the obvious thing.
"""

import asyncio
import contextlib
import os
import resource
import signal
import socket
import threading
from collections.abc import AsyncIterator

READY_FD = "SIDELINE_READY_FD"
LIFELINE_FD = "SIDELINE_LIFELINE_FD"
LISTEN_FD = "SIDELINE_LISTEN_FD"

ORPHAN_GRACE_SECONDS = 5.0
"""How long a process may tidy up after its parent has vanished."""

LISTEN_BACKLOG = 2048

LINE_LIMIT = 65536
"""Bytes of a log line that are kept together."""


def say_ready() -> None:
    """Tell ``sideline run`` that this process does its work from now on. Further calls do nothing."""
    fd = _take_fd(READY_FD)
    if fd is None:
        return
    with contextlib.suppress(OSError):
        os.write(fd, b"ready\n")
    os.close(fd)


def end_with_parent() -> None:
    """End this process when the ``sideline run`` that started it is gone, even by ``kill -9``.

    A thread reads the lifeline, whose other end only ``sideline run`` holds. At
    its end the process gets SIGTERM, its ordinary way to stop, and is ended
    outright ``ORPHAN_GRACE_SECONDS`` later. ``sideline <process>`` calls this.
    """
    fd = _take_fd(LIFELINE_FD)
    if fd is not None:
        threading.Thread(target=_follow, args=(fd,), name="lifeline", daemon=True).start()


def _follow(fd: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(fd, 64):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(ORPHAN_GRACE_SECONDS)
    os._exit(70)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return the inherited listening socket, else one bound to ``host`` and ``port`` (0: a free one).

    ``sideline run`` binds it once and keeps it, so that a restart of the web
    process refuses nobody: connections wait in the backlog. Raises ``OSError``
    when the address is taken.
    """
    fd = _take_fd(LISTEN_FD)
    if fd is not None:
        return socket.socket(fileno=fd)
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(LISTEN_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


async def lines_of(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield the lines of ``stream`` without their ends; one longer than ``LINE_LIMIT`` comes in pieces."""
    rest = b""
    while chunk := await stream.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
        if len(rest) > LINE_LIMIT:
            yield rest
            rest = b""
    if rest:
        yield rest


def _take_fd(name: str) -> int | None:
    text = os.environ.pop(name, "")
    if not text:
        return None
    fd = int(text)
    os.set_inheritable(fd, False)
    return fd


def raise_file_limit() -> None:
    """Let this process hold as many sockets as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
