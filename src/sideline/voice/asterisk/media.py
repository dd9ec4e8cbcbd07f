"""A browser leg as a party of an Asterisk: the media socket of one externalMedia channel.

The order of things: make the channel (:func:`external_media`), read its
:func:`connection_id` from the answer, :meth:`MediaLeg.open`; then Asterisk tells
``StasisStart`` and the channel may enter a bridge. Closing the leg destroys the
channel, and the channel's end ends the leg.
"""

import asyncio
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from sideline.voice.asterisk.pacing import Pacing
from sideline.voice.engine import LegId
from sideline.voice.webrtc.patch import Patch, PcmEnd

FORMAT = "slin16"
"""Asterisk's name for what a patch speaks: signed 16 bits, little endian, mono, 16 kHz."""

OPEN_SECONDS = 3.0
"""How long Asterisk may take to open a socket."""

PING_SECONDS = 2.0
"""How often Asterisk is asked whether it is there, and how long it may take to say so."""

MOST_WAITING = 5
"""Frames (100 ms) that wait, each way, where one side is held up; older ones are dropped."""

_CHANNEL_VARIABLE = "MEDIA_WEBSOCKET_CONNECTION_ID"


class MediaFailed(Exception):
    """No media socket could be opened; ``str()`` is a sentence."""


class AriRequest(NamedTuple):
    """A request to ARI: ``path`` is below ``/ari``."""

    method: str
    path: str
    query: dict[str, str]


class PatchPanel(Protocol):
    """What has browser legs and patches them: the built-in engine."""

    def patch(self, leg_id: LegId, end: PcmEnd) -> Patch:
        """Patch a leg to an end; see :meth:`~sideline.voice.webrtc.engine.WebRtcEngine.patch`."""
        ...


def external_media(app: str, channel_id: str) -> AriRequest:
    """Return the request for a channel whose sound comes and goes by a media socket."""
    query = {
        "app": app,
        "channelId": channel_id,
        "external_host": "INCOMING",
        "transport": "websocket",
        "encapsulation": "none",
        "connection_type": "server",
        "format": FORMAT,
    }
    return AriRequest("POST", "/channels/externalMedia", query)


def connection_id(channel: Mapping[str, Any]) -> str:
    """Return the id of the socket of a channel just made (ARI's answer); empty if there is none."""
    variables = channel.get("channelvars")
    value = variables.get(_CHANNEL_VARIABLE) if isinstance(variables, Mapping) else None
    return value if isinstance(value, str) else ""


def media_url(ari: str, connection: str) -> str:
    """Return the address of a media socket, given ARI's (``http://host:8088/ari``)."""
    parts = urlsplit(ari)
    scheme = "wss" if parts.scheme == "https" else "ws"
    prefix = parts.path.rstrip("/").removesuffix("/ari")
    return f"{scheme}://{parts.netloc.rpartition('@')[2]}{prefix}/media/{quote(connection, safe='')}"


class MediaLeg:
    """One browser leg, patched to one media socket. Made by :meth:`open`; one process, one event loop.

    ``ended`` is done as soon as sound no longer flows, whoever ended it; its
    result is a sentence that says why.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._pacing = Pacing()
        self._patch: Patch | None = None
        self._outgoing: deque[bytes | str] = deque(maxlen=MOST_WAITING)
        self._has_outgoing = asyncio.Event()
        self._incoming: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._is_saying = False
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self._tasks = [self._loop.create_task(self._read()), self._loop.create_task(self._write())]

    @classmethod
    async def open(
        cls, panel: PatchPanel, leg_id: LegId, *, ari: str, connection: str, user: str = "", password: str = ""
    ) -> "MediaLeg":
        """Open the media socket ``connection`` of the Asterisk at ``ari`` and patch the leg to it.

        Raises :class:`MediaFailed`, and then nothing is left; the channel goes by
        itself after half a minute, or at once if it is hung up.
        """
        try:
            socket = await connect(
                media_url(ari, connection),
                subprotocols=[Subprotocol("media")],
                additional_headers=_authorization(user, password),
                open_timeout=OPEN_SECONDS,
                close_timeout=1.0,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                compression=None,
                proxy=None,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            raise MediaFailed(f"Asterisk answered {status} when its media socket was opened.") from error
        except (OSError, TimeoutError, WebSocketException) as error:
            raise MediaFailed(
                f"Asterisk's media socket could not be opened: {error or type(error).__name__}."
            ) from error
        leg = cls(socket)
        try:
            leg._patch = panel.patch(leg_id, leg)
        except BaseException:
            await leg.close()
            raise
        return leg

    async def close(self) -> None:
        """Part the leg from Asterisk, which destroys the channel; may be called again, and after the end."""
        self._end("The browser's phone was taken off the call.")
        await self._socket.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- PcmEnd

    def heard(self, frame: bytes) -> None:
        """Send what the leg's microphone says, silence as well, unless too much lies in the channel's queue."""
        samples = np.frombuffer(frame, dtype="<i2")
        if self._pacing.admits(max(int(samples.max()), -int(samples.min()))):
            if self._pacing.is_report_due():
                self._outgoing.append("GET_STATUS")
            self._outgoing.append(frame)
            self._has_outgoing.set()

    def unplugged(self) -> None:
        """Close the socket, as the leg is somewhere else now."""
        self._end("The browser's phone was taken for another call.")

    # -- within

    def _end(self, reason: str) -> None:
        """Let no more sound pass, tell why, and close the socket."""
        if self.ended.done():
            return
        self.ended.set_result(reason)
        self._incoming.clear()
        if self._patch is not None:
            self._patch.close()
        self._has_outgoing.set()  # the writer closes the socket

    async def _write(self) -> None:
        try:
            while not self.ended.done():
                await self._has_outgoing.wait()
                self._has_outgoing.clear()
                while self._outgoing and not self.ended.done():
                    await self._socket.send(self._outgoing.popleft())
        except ConnectionClosed:
            pass  # the reader tells why
        finally:
            await self._socket.close()

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if isinstance(message, str):
                    self._told(message)
                else:
                    self._incoming.append(message)
                    if not self._is_saying:
                        # Later, not now: what came at once is all here then, and the oldest dropped.
                        self._is_saying = True
                        self._loop.call_soon(self._say)
            self._end("Asterisk ended the browser's phone.")
        except ConnectionClosed as error:
            why = (
                "it was not there any more" if error.rcvd is None else f"{error.rcvd.code} {error.rcvd.reason}".strip()
            )
            self._end(f"Asterisk's media socket was closed: {why}.")

    def _say(self) -> None:
        self._is_saying = False
        while self._incoming and self._patch is not None:
            self._patch.say(self._incoming.popleft())

    def _told(self, message: str) -> None:
        """Take a control message: its name, then words like ``queue_length:2``."""
        name, *words = message.split()
        match name:
            case "MEDIA_XOFF":
                self._pacing.is_stopped = True
            case "MEDIA_XON":
                self._pacing.is_stopped = False
            case "STATUS":
                values = dict(word.split(":", 1) for word in words if ":" in word)
                length = values.get("queue_length", "")
                if length.isdigit() and self._pacing.reported(int(length)):
                    self._outgoing.append("FLUSH_MEDIA")
                    self._has_outgoing.set()
            case _:
                pass


def _authorization(user: str, password: str) -> dict[str, str]:
    # Asterisk asks for nothing but the connection's id; a proxy before it may ask for more.
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()} if user else {}
