"""ARI over HTTP and a websocket: requests, events, and a connection that comes back by itself.

Source of the protocol: Asterisk's REST interface, version 22 (``/ari/api-docs``).
"""

import random
import ssl
from base64 import b64encode
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote, unquote, urlencode, urlsplit

import httpx
import msgspec
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from sideline.kit.pauses import pause
from sideline.voice.asterisk.wire import Event, read_event

REQUEST_SECONDS = 3.0
"""A request that is not answered by then has failed; whether it was done is looked up in events."""

FIRST_RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 5.0

PING_SECONDS = 2.0
"""How often a silent connection is asked whether it is there, and how long it may take to say so."""

LARGEST_EVENT = 1 << 20

HEARD = "channel:,bridge:"
"""All channels and bridges, and nothing else (``subscribeAll`` would add devices and endpoints).

A listener to device states that goes while one changes can lock Asterisk's ARI up for good: whoever unsubscribes waits,
with the connection's lock in hand, for a message that waits for that lock (22.10).
"""

REPLACED = "ApplicationReplaced"
"""The last event of a connection when another one begins with the same name.

It may be one of our own, given up while Asterisk stood still, and taken up by it afterwards.
"""

VARIABLE_SET = "ChannelVarset"
"""A call has dozens of them: they are sent only where some variable is asked for."""

UNHEARD = (VARIABLE_SET, "ChannelConnectedLine")
"""Events that nothing here is made of; Asterisk is asked not to send them."""

_log = structlog.get_logger()


class AriError(Exception):
    """A request that was not done; ``str()`` is a sentence."""


class AriGone(AriError):
    """What it was about is not there any more (404, or 400 where it is a channel for a bridge)."""


class AriConflict(AriError):
    """What it was about is not in a state for it (409, 412, 422)."""


class AriRefused(AriError):
    """Name, password or rights are wrong (401, 403)."""


class AriAway(AriError):
    """Asterisk could not be reached, or did not answer in time."""


class AriReplaced(AriAway):
    """Another connection took the application's name."""


class AriAddress(msgspec.Struct, frozen=True):
    """Where an Asterisk's ARI is, and as whom to talk to it; made by :func:`read_address`."""

    base: str
    """``http://127.0.0.1:8088/ari``, without a slash at the end."""
    user: str
    password: str

    @property
    def name(self) -> str:
        """What this PBX is called in rows and logs; says nothing secret."""
        return f"asterisk:{urlsplit(self.base).netloc}"

    @property
    def socket_base(self) -> str:
        """The same for websockets."""
        return self.base.replace("http", "ws", 1)


def read_address(url: str) -> AriAddress:
    """Return what ``http://user:password@host:port/ari`` says. Raises ValueError with a sentence."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise ValueError("the port of an ARI address is a number from 1 to 65535") from error
    if parts.query or parts.fragment or parts.netloc.count("@") > 1:
        raise ValueError("an @, #, ? or / in an ARI user or password is written %40, %23, %3F or %2F")
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username or parts.password is None:
        raise ValueError("An ARI address looks like http://user:password@pbx.example.com:8088/ari")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/") or "/ari"
    return AriAddress(f"{parts.scheme}://{host}{port}{path}", unquote(parts.username), unquote(parts.password))


class Listening(Protocol):
    """Whoever hears the events of a connection."""

    async def connected(self) -> None:
        """Events flow (again); read what there is. An AriError makes the connection begin anew."""
        ...

    def event(self, event: Event) -> None:
        """Take one event; must not block."""
        ...

    def disconnected(self, reason: str, *, is_replaced: bool) -> None:
        """Events have stopped, ``is_replaced``: since they go to another connection; it is tried again by itself."""
        ...


class AriClient:
    """One Asterisk. Requests may be made at any time; events come while :meth:`listen` runs.

    Of variables that are set there are events only if it ``hears_variables``.
    """

    def __init__(self, address: AriAddress, app: str, *, hears_variables: bool = False) -> None:
        self.address = address
        self.app = app
        self._unheard = [each for each in UNHEARD if each != VARIABLE_SET or not hears_variables]
        self._http = httpx.AsyncClient(
            auth=httpx.BasicAuth(address.user, address.password),
            timeout=REQUEST_SECONDS,
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=16),
            # Knows what SSL_CERT_FILE names, as websockets do: a private authority's Asterisk can be reached.
            verify=ssl.create_default_context(),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> bytes:
        """Make one request, ``path`` below ``/ari``; return the answer's body. Raises AriError."""
        what = f"{method} {path}"
        try:
            answer = await self._http.request(method, self.address.base + path, params=query, json=body)
        except httpx.HTTPError as error:
            raise AriAway(f"{self.address.name} did not answer {what}: {error or type(error).__name__}") from error
        if answer.is_success:
            return answer.content
        said = _text(answer)
        raise _fault(answer.status_code, said)(f"{self.address.name} said {answer.status_code} to {what}: {said}")

    async def listen(self, listening: Listening) -> None:
        """Hear events until cancelled; connects again, ever less often up to every ``LONGEST_RETRY_SECONDS``."""
        retry = FIRST_RETRY_SECONDS
        while True:
            reason = "the connection was closed"
            was_connected = is_replaced = False
            try:
                async with self._socket() as socket:
                    await self._begin(listening)
                    was_connected = True
                    async for message in socket:
                        _tell(listening, message)
            except (AriError, OSError, TimeoutError, WebSocketException) as error:
                reason, is_replaced = _reason(error), isinstance(error, AriReplaced)
            if was_connected and not is_replaced:
                retry = FIRST_RETRY_SECONDS
            listening.disconnected(reason, is_replaced=is_replaced)
            _log.warning("asterisk_away", pbx=self.address.name, reason=reason, retry_in_seconds=retry)
            await pause(retry * random.uniform(0.75, 1.25))
            retry = min(retry * 2, LONGEST_RETRY_SECONDS)

    async def _begin(self, listening: Listening) -> None:
        disallowed = {"disallowed": [{"type": each} for each in self._unheard]}
        application = f"/applications/{quote(self.app, safe='')}"
        await self.request("PUT", f"{application}/eventFilter", body=disallowed)
        await self.request("POST", f"{application}/subscription", {"eventSource": HEARD})
        await listening.connected()

    def _socket(self) -> connect:
        query = urlencode({"app": self.app})
        return connect(
            f"{self.address.socket_base}/events?{query}",
            additional_headers={"Authorization": _basic(self.address)},
            open_timeout=REQUEST_SECONDS,
            close_timeout=1.0,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_size=LARGEST_EVENT,
            proxy=None,
            compression=None,
        )


def _tell(listening: Listening, message: str | bytes) -> None:
    try:
        event = read_event(message)
    except msgspec.DecodeError as error:
        _log.warning("asterisk_event_unread", reason=str(error), beginning=str(message[:200]))
        return
    if event.type == REPLACED:
        raise AriReplaced("another connection took the application's name; this one is told nothing any more")
    listening.event(event)


def _basic(address: AriAddress) -> str:
    return "Basic " + b64encode(f"{address.user}:{address.password}".encode()).decode()


def _fault(status: int, said: str) -> type[AriError]:
    match status:
        case 404:
            return AriGone
        case 400 if said == "Channel not found":
            return AriGone
        case 409 | 412 | 422:
            return AriConflict
        case 401 | 403:
            return AriRefused
        case _:
            return AriError


def _text(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("message", ""))
    except ValueError:
        return answer.text[:200]


def _reason(error: BaseException) -> str:
    if isinstance(error, InvalidStatus) and error.response.status_code in (401, 403):
        return "the name or password of SIDELINE_ASTERISK is wrong"
    if isinstance(error, InvalidHandshake):
        return f"it is no ARI: {error}"
    return str(error) or type(error).__name__
