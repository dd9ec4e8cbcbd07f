"""The requests that Sideline makes of an Asterisk, each a method; nothing else is ever asked of it.

They touch what Sideline made, and a customer whom a supervisor took over. Each
raises ``AriError``; taking away what is gone already is no error.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from sideline.voice.asterisk.ami import AmiError, redirect_by_ami
from sideline.voice.asterisk.client import AriAway, AriClient, AriConflict, AriError, AriGone
from sideline.voice.asterisk.effects import Placed
from sideline.voice.asterisk.media import connection_id, external_media
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.asterisk.phones import Ringing
from sideline.voice.asterisk.wire import (
    Bridge,
    Channel,
    read_bridge,
    read_bridges,
    read_channel,
    read_channels,
    read_value,
)

T = TypeVar("T")

ARRIVAL_SECONDS = 2.0
"""How long a channel that was made may take to arrive in our application."""

KEEP_SECONDS = 4
"""What we make dies so many seconds after we last said that we are there: no whisper outlives its supervisor."""

REDIRECT = "Local/redir@sideline-ctl/n"
"""The dialplan lines of ``deploy/asterisk/extensions-sideline.conf``."""

LINES = ("sideline-ctl,redir,1", "sideline-take,s,1")
"""Where each context of these lines begins."""


class Hands:
    """Makes requests of one Asterisk, and knows when what it made has arrived."""

    def __init__(self, client: AriClient, options: AsteriskOptions) -> None:
        self._client = client
        self._options = options
        self._arrivals: dict[str, asyncio.Future[None]] = {}

    async def look(self) -> tuple[list[Channel], list[Bridge]]:
        """Return every channel and bridge there is."""
        bridges = read_bridges(await self._client.request("GET", "/bridges"))
        return read_channels(await self._client.request("GET", "/channels")), bridges

    async def is_native(self, bridge: str) -> bool:
        """Return whether a bridge passes packets on untouched, as it does until somebody listens."""
        try:
            return (
                read_bridge(await self._client.request("GET", f"/bridges/{_part(bridge)}")).technology == "native_rtp"
            )
        except AriGone:
            return False

    async def variable(self, channel: str, name: str) -> str:
        """Return a channel variable, empty where it is not set."""
        try:
            body = await self._client.request("GET", f"/channels/{_part(channel)}/variable", {"variable": name})
        except AriGone:
            return ""
        return read_value(body)

    # -- a supervisor's rig

    async def make_bridge(self, bridge: str) -> None:
        """Make a mixing bridge, or find it there."""
        await self._client.request("POST", f"/bridges/{_part(bridge)}", {"type": "mixing", "name": "Sideline"})

    async def ring(self, ringing: Ringing) -> None:
        """Ring a phone; events tell what becomes of it."""
        await self._client.request("POST", "/channels", ringing.query, ringing.body)

    async def external_media(self, channel: str) -> str:
        """Make the channel of a browser's phone; return the id of the socket that its sound comes by."""
        asked = external_media(self._options.app, channel)
        return connection_id(msgspec.json.decode(await self._client.request(asked.method, asked.path, asked.query)))

    async def snoop(self, placed: Placed) -> None:
        """Make a snoop that dies unless it is kept alive; return once it can be put into a bridge."""
        snoop = placed.snoop
        query = {"spy": snoop.spy, "whisper": snoop.whisper, "app": self._options.app}
        path = f"/channels/{_part(snoop.line)}/snoop/{_part(placed.id)}"
        try:
            await self.arriving(placed.id, self._client.request("POST", path, query))
            await self.keep(placed.id)
        except AriGone:
            raise
        except (AriError, asyncio.CancelledError):
            # It may have been made all the same, and nothing would make it die.
            await self.delete(placed.id)
            raise

    def is_awaited(self, channel: str) -> bool:
        """Return whether somebody waits for this channel of ours to arrive."""
        return channel in self._arrivals

    async def put_in(self, bridge: str, channel: str) -> None:
        """Put a channel into a bridge, without a word to its phone."""
        query = {"channel": channel, "inhibitConnectedLineUpdates": "true"}
        await self._client.request("POST", f"/bridges/{_part(bridge)}/addChannel", query)

    async def take_out(self, bridge: str, channel: str) -> None:
        """Take a channel out of a bridge."""
        await self._gladly("POST", f"/bridges/{_part(bridge)}/removeChannel", {"channel": channel})

    async def delete(self, channel: str) -> None:
        """Hang up a channel of ours, or of a customer who was taken over."""
        await self._gladly("DELETE", f"/channels/{_part(channel)}")

    async def delete_bridge(self, bridge: str) -> None:
        """Delete a bridge of ours."""
        await self._gladly("DELETE", f"/bridges/{_part(bridge)}")

    async def keep(self, channel: str, seconds: int = KEEP_SECONDS) -> None:
        """Let a channel of ours live for so many more seconds; 0: for ever."""
        query = {"variable": "TIMEOUT(absolute)", "value": str(seconds)}
        await self._gladly("POST", f"/channels/{_part(channel)}/variable", query)

    async def mute(self, leg: str, *, is_on: bool) -> None:
        """Let nothing that a supervisor's phone says be heard, or let it be heard again."""
        await self._gladly("POST" if is_on else "DELETE", f"/channels/{_part(leg)}/mute", {"direction": "in"})

    # -- a customer whom a supervisor takes over

    async def redirect(self, customer: str, channel: str) -> None:
        """Bring a customer out of their call to us, by the dialplan lines or, without them, by AMI."""
        are_there = await self._has_lines(customer)
        if are_there is not False:
            try:
                await self._redirect_by_lines(customer, channel)
                return
            except AriConflict as error:
                if are_there:
                    raise AriConflict(
                        f"{error}: the dialplan lines are there, but do they say Stasis({self._options.app},kick)?"
                    ) from error
        absent = "The dialplan lines of deploy/asterisk/extensions-sideline.conf are absent"
        if self._options.ami is None:
            raise AriError(f"{absent}, and SIDELINE_ASTERISK_AMI names no AMI for {self._client.address.name}")
        try:
            name = read_channel(await self._client.request("GET", f"/channels/{_part(customer)}")).name
            await self.arriving(customer, redirect_by_ami(self._options.ami, name, self._options.app))
        except AmiError as error:
            raise AmiError(f"{absent}, and {error}") from error

    async def _redirect_by_lines(self, customer: str, channel: str) -> None:
        query = {"endpoint": REDIRECT, "app": self._options.app, "timeout": "5", "channelId": channel}
        body = {"variables": {"__SL_CHAN": customer}}
        await self.arriving(customer, self._client.request("POST", "/channels", query, body))

    async def _has_lines(self, customer: str) -> bool | None:
        """Return whether the dialplan lines are there; None if ``func_dialplan``, which knows, isn't loaded."""
        try:
            answers = [await self.variable(customer, f"DIALPLAN_EXISTS({each})") for each in LINES]
        except (AriAway, AriConflict):
            raise
        except AriError:
            return None
        if "" in answers:
            raise AriGone(f"{customer} is gone")
        return all(each == "1" for each in answers)

    async def music(self, customer: str, *, is_on: bool) -> None:
        """Play hold music to a customer who was taken over, or stop it."""
        await self._gladly("POST" if is_on else "DELETE", f"/channels/{_part(customer)}/moh")

    async def give(self, customer: str, extension: str) -> None:
        """Give a customer back to the dialplan, at this extension."""
        query = {"context": self._options.context, "extension": extension or self._options.fallback, "priority": "1"}
        await self._gladly("POST", f"/channels/{_part(customer)}/continue", query)

    # -- arrivals

    async def arriving(self, channel: str, making: Coroutine[Any, Any, T]) -> T:
        """Await ``making``, and return what it does once ``channel`` has arrived in our application."""
        arrival = self._arrivals[channel] = asyncio.get_running_loop().create_future()
        try:
            made = await making
            async with asyncio.timeout(ARRIVAL_SECONDS):
                await arrival
        except TimeoutError as error:
            raise AriConflict(f"{channel} did not arrive within {ARRIVAL_SECONDS:g} seconds") from error
        finally:
            if self._arrivals.get(channel) is arrival:
                del self._arrivals[channel]
        return made

    def arrived(self, channel: str) -> None:
        """Note an event: the channel is in our application."""
        arrival = self._arrivals.get(channel)
        if arrival is not None and not arrival.done():
            arrival.set_result(None)

    def gone(self, channel: str) -> None:
        """Note an event: the channel was destroyed."""
        arrival = self._arrivals.get(channel)
        if arrival is not None and not arrival.done():
            arrival.set_exception(AriGone(f"{channel} is gone"))

    def all_gone(self) -> None:
        """Note that events have stopped: nobody will tell of arrivals."""
        for channel in list(self._arrivals):
            self.gone(channel)

    async def _gladly(self, method: str, path: str, query: dict[str, str] | None = None) -> None:
        try:
            await self._client.request(method, path, query)
        except (AriGone, AriConflict):
            return


def _part(id_: str) -> str:
    return quote(id_, safe="")
