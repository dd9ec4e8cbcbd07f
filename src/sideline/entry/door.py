"""The outermost ASGI layer: tells API from web app, numbers requests, and sets what every answer carries."""

import re
from functools import lru_cache
from time import perf_counter
from typing import Any

import structlog
from prometheus_client import Histogram

from sideline.kit.ids import new_id
from sideline.kit.settings import Settings

_SECURITY = (
    (b"permissions-policy", b"microphone=(self), camera=(), geolocation=(), display-capture=()"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_POLICY = (
    # Mantine writes its theme into style elements; nothing else of the page is inline.
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; worker-src 'self' blob:; font-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; connect-src 'self'"
)

_HOST = re.compile(r"[\w.:\[\]-]{1,255}\Z", re.ASCII)

_OVER_HTTPS = (b"strict-transport-security", b"max-age=31536000")

_NOT_KEPT = (b"cache-control", b"no-store")

_REQUEST_ID = re.compile(rb"[\w.:-]{1,64}\Z")

REQUESTS = Histogram(
    "sideline_http_request_seconds",
    "Time from a request's first byte to the end of its answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

_log = structlog.get_logger()


class Door:
    """ASGI: ``/api`` and sockets to ``api``, everything else to ``web_app``.

    A request's id is the caller's ``X-Request-ID`` if it is a plain word, else
    a new one; it is in the answer and in every log line of the request.
    """

    def __init__(self, api: Any, web_app: Any, settings: Settings) -> None:
        self._api = api
        self._web_app = web_app
        self._always = (*_SECURITY, _OVER_HTTPS) if settings.secure_cookies else _SECURITY

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, socket or the lifespan."""
        if scope["type"] != "http":
            await self._api(scope, receive, send)
            return
        path: str = scope["path"]
        is_api = path == "/api" or path.startswith("/api/")
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        began = perf_counter()
        status = 500

        async def answer(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                headers += [
                    *self._always,
                    (b"content-security-policy", _security_policy(_header(scope, b"host"))),
                    (b"x-request-id", request_id),
                ]
                if is_api and not any(name.lower() == b"cache-control" for name, _ in headers):
                    headers.append(_NOT_KEPT)
                message = {**message, "headers": headers}
            await send(message)

        try:
            await (self._api if is_api else self._web_app)(scope, receive, answer)
        finally:
            if is_api:
                _note(scope, status, perf_counter() - began)


@lru_cache(maxsize=64)
def _security_policy(host: bytes) -> bytes:
    """Return what a page of ``host`` may load and connect to: its own origin.

    Not every browser takes 'self' to mean the origin's websockets too, so they are named.
    """
    name = host.decode("latin-1")
    sockets = f" ws://{name} wss://{name}" if _HOST.match(name) else ""
    return f"{_POLICY}{sockets}".encode()


def _request_id(scope: Any) -> bytes:
    given = _header(scope, b"x-request-id")
    return given if _REQUEST_ID.match(given) else new_id().encode()


def _header(scope: Any, wanted: bytes) -> bytes:
    for name, value in scope["headers"]:
        if name == wanted:
            return value
    return b""


def _note(scope: Any, status: int, seconds: float) -> None:
    template = scope.get("path_template") or "unknown"
    REQUESTS.labels(scope["method"], template, str(status)).observe(seconds)
    is_ordinary = status < 400 and scope["method"] in {"GET", "HEAD"} and seconds < 1
    if not is_ordinary:
        _log.info(
            "request", method=scope["method"], path=scope["path"], status=status, milliseconds=round(seconds * 1000, 1)
        )
