"""Barge-kick by AMI, Asterisk's manager interface, where the dialplan lines for it are absent.

AMI is asked for two things only: an extension that runs ``Stasis(app,kick)``, and
to send the customer there. A connection is made for one customer and closed again,
so nothing is kept, and the events of a busy PBX are never read. Source of the
protocol: ``manager show command …`` of Asterisk 22.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import md5

import msgspec

from sideline.voice.asterisk.client import AriError
from sideline.voice.asterisk.switch import KICK

AMI_SECONDS = 3.0
"""From the connection to the customer's redirect; who takes a call over doesn't wait longer."""

GOODBYE_SECONDS = 0.5

LARGEST_FRAME = 1 << 16

END = b"\r\n\r\n"

RIGHTS = {"DialplanExtensionAdd": "system", "Redirect": "call"}
"""The right that each action needs, in the ``write`` line of ``manager.conf``."""


class AmiError(AriError):
    """AMI did not do it; ``str()`` is a sentence. Never AriAway: the PBX is there, and the call goes on."""


class AmiAddress(msgspec.Struct, frozen=True):
    """Where an Asterisk's AMI is, and as whom to talk to it; made by :func:`read_ami_address`."""

    host: str
    port: int
    user: str
    password: str

    @property
    def name(self) -> str:
        """What it is called in sentences; says nothing secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"AMI at {host}:{self.port}"


def read_ami_address(text: str) -> AmiAddress:
    """Return what ``user:password@host:port`` says. Raises ValueError with a sentence."""
    who, _, where = text.rpartition("@")
    user, _, password = who.partition(":")
    host, _, port = where.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    is_port = port.isascii() and port.isdecimal() and 0 < int(port) < 65536
    if not (user and password and host and is_port) or "/" in host:
        raise ValueError("An AMI address looks like user:password@pbx.example.com:5038")
    return AmiAddress(host, int(port), user, password)


# -- frames, pure


class Frame(msgspec.Struct, frozen=True):
    """An answer or event: names and values in their order; a name may come more than once."""

    fields: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        """Return the first value of this name, in upper or lower case; empty if there is none."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), "")


def write_frame(fields: dict[str, str]) -> bytes:
    """Return an action as it is sent. Raises ValueError where a line break would make another action of it."""
    for each in (*fields.keys(), *fields.values()):
        if "\r" in each or "\n" in each:
            raise ValueError(f"{each!r} has a line break in it")
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def read_frame(data: bytes) -> Frame:
    """Return what a frame says, whatever it is; a line that is no ``Name: value`` has no place in it."""
    lines = data.decode(errors="replace").split("\r\n")
    parts = (line.partition(":") for line in lines)
    return Frame(tuple((name.strip(), value.strip()) for name, colon, value in parts if colon and name.strip()))


def challenge_key(challenge: str, password: str) -> str:
    """Return the answer to a challenge, so that the password itself is never sent."""
    return md5((challenge + password).encode(), usedforsecurity=False).hexdigest()


# -- the connection


async def redirect_by_ami(address: AmiAddress, channel_name: str, app: str) -> None:
    """Send the channel of this *name* to the Stasis application ``app``. Raises AmiError.

    The extension is made anew each time: a ``dialplan reload`` loses it.
    """
    context = f"sideline-ami-{app}"
    async with _signed_in(address) as session:
        await session.act(
            "DialplanExtensionAdd",
            Context=context,
            Extension="s",
            Priority="1",
            Application="Stasis",
            ApplicationData=f"{app},{KICK}",
            Replace="yes",
        )
        await session.act("Redirect", Channel=channel_name, Context=context, Exten="s", Priority="1")


class _Session:
    """One connection, one action at a time."""

    def __init__(self, address: AmiAddress, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._address = address
        self._reader = reader
        self._writer = writer
        self._serial = 0

    async def sign_in(self) -> None:
        """Sign in without sending the password."""
        greeting = await self._reader.readline()
        if b"Call Manager" not in greeting:
            raise AmiError(f"What answers is no AMI ({self._address.name})")
        asked = await self.ask("Challenge", AuthType="MD5")
        key = challenge_key(asked.value("Challenge"), self._address.password)
        answer = await self.ask("Login", AuthType="MD5", Username=self._address.user, Key=key, Events="off")
        if answer.value("Response") != "Success":
            raise AmiError(
                f"{self._address.name} said '{answer.value('Message')}': the name or password of SIDELINE_ASTERISK_AMI "
                "is wrong, or manager.conf doesn't permit this machine"
            )

    async def act(self, action: str, **fields: str) -> None:
        """Have an action done. Raises AmiError, with the right that is missing if that is why."""
        answer = await self.ask(action, **fields)
        if answer.value("Response") == "Success":
            return
        message = answer.value("Message")
        sentence = f"{self._address.name} said '{message}' to {action}"
        if message == "Permission denied":
            sentence += f": its user {self._address.user} lacks the right '{RIGHTS[action]}' (write = system,call)"
        raise AmiError(sentence)

    async def ask(self, action: str, **fields: str) -> Frame:
        """Make one request, and return its answer; events in between are nobody's."""
        self._serial += 1
        action_id = f"sideline-{self._serial}"
        try:
            request = write_frame({"Action": action, "ActionID": action_id, **fields})
        except ValueError as error:
            raise AmiError(f"{action} can't be asked of {self._address.name}: {error}") from error
        self._writer.write(request)
        await self._writer.drain()
        while True:
            frame = read_frame(await self._reader.readuntil(END))
            if frame.value("ActionID") == action_id and frame.value("Response"):
                return frame


@asynccontextmanager
async def _signed_in(address: AmiAddress) -> AsyncIterator[_Session]:
    """Lend a session that is signed in; what goes wrong meanwhile becomes an AmiError."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(AMI_SECONDS):
            reader, writer = await asyncio.open_connection(address.host, address.port, limit=LARGEST_FRAME)
            session = _Session(address, reader, writer)
            await session.sign_in()
            yield session
    except TimeoutError as error:
        raise AmiError(f"{address.name} did not answer within {AMI_SECONDS:g} seconds") from error
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise AmiError(f"{address.name} closed the connection, or said what isn't understood") from error
    except OSError as error:
        raise AmiError(f"{address.name} can't be reached: {error}") from error
    finally:
        if writer is not None:
            await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.write(write_frame({"Action": "Logoff"}))
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await writer.wait_closed()
