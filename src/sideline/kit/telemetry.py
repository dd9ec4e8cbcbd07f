"""What a process says about itself: log lines as JSON, and figures for Prometheus on loopback."""

import logging
import os
import sys
import threading
from http.server import ThreadingHTTPServer
from typing import Any

import structlog
from prometheus_client import start_http_server

QUIET = ("asyncio", "aiortc", "aioice", "websockets", "httpx", "httpcore")
"""Libraries whose chatter below a warning is not ours to keep."""


def configure_logging(*, level: int = logging.INFO) -> None:
    """Write every log line of the process, ours and the libraries', as one JSON object to standard error.

    Context bound with ``structlog.contextvars`` (``request_id``) is part of
    each line of that context. Exceptions keep their whole traceback in
    ``exception``.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class Metrics:
    """The listener that Prometheus reads a process's figures from; none without a port.

    It listens on 127.0.0.1 alone, so that figures never leave the machine by
    accident: what collects them runs beside the process.
    """

    def __init__(self, port: int) -> None:
        """Listen at ``port`` of loopback; 0: not at all. Raises ``OSError`` when it is taken."""
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        if port:
            server, thread = start_http_server(port, addr="127.0.0.1")
            self._server, self._thread = server, thread  # type: ignore[assignment]

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def metrics_port(first: int, process: str) -> int:
    """Return the loopback port of ``process`` (``web``, ``worker``, ``voice``, ``voice-2`` …); 0: it has none.

    ``first`` is the setting, the web process's own port; the worker has the next, then the voice processes.
    """
    if not first:
        return 0
    kind, _, number = process.partition("-")
    places = {"web": 0, "worker": 1, "voice": 1 + int(number) if number.isdecimal() else 2}
    return first + places[kind] if kind in places else 0


def this_process(otherwise: str) -> str:
    """Return what ``sideline run`` calls this process, or ``otherwise`` when it was started by hand."""
    return os.environ.get("SIDELINE_PROCESS", otherwise)
