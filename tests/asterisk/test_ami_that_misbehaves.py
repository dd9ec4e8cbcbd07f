"""What answers at AMI's address and is none, or says what it should not: one sentence, in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from sideline.voice.asterisk.ami import AMI_SECONDS, LARGEST_FRAME, AmiAddress, AmiError, redirect_by_ami

GREETING = b"Asterisk Call Manager/11.0.0\r\n"

Acts = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(act: Acts) -> AsyncIterator[tuple[AmiAddress, asyncio.Event]]:
    """Let something answer at a port; the event tells that a connection was closed again."""
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await act(reader, writer)
            await reader.read()
        finally:
            writer.close()
            closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield AmiAddress("127.0.0.1", port, "sideline", "secret"), closed


async def failure(address: AmiAddress) -> str:
    with pytest.raises(AmiError) as failed:
        await redirect_by_ami(address, "PJSIP/trunk-00000000", "sideline")
    return str(failed.value)


async def test_what_says_nothing_is_given_up_and_the_connection_closed() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(silent) as (address, closed):
        start = time.monotonic()
        assert await failure(address) == f"{address.name} did not answer within {AMI_SECONDS:g} seconds"
        assert time.monotonic() - start < AMI_SECONDS + 1
        async with asyncio.timeout(2):
            await closed.wait()


async def test_a_server_of_another_kind_is_no_ami() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with answering(web) as (address, _):
        assert await failure(address) == f"What answers is no AMI ({address.name})"


@pytest.mark.parametrize("said", [b"", GREETING + b"Response: Succ", b"x" * (LARGEST_FRAME + 2)])
async def test_a_connection_that_ends_or_never_ends_a_line_is_said(said: bytes) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.write_eof()

    async with answering(hang_up) as (address, _):
        assert address.name in await failure(address)


async def test_events_without_end_are_read_for_so_long_only_and_none_is_kept() -> None:
    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        while not writer.is_closing():
            writer.write(b"Event: Newexten\r\nChannel: PJSIP/1-1\r\n\r\n" * 100)
            await writer.drain()

    async with answering(busy) as (address, _):
        assert "did not answer within" in await failure(address)


async def test_a_channels_name_with_a_line_break_is_never_sent() -> None:
    heard: list[bytes] = []

    async def obliging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        while line := await reader.readline():
            heard.append(line)
            if line.startswith(b"ActionID"):
                writer.write(b"Response: Success\r\n" + line + b"Challenge: 1\r\n\r\n")

    async with answering(obliging) as (address, _):
        with pytest.raises(AmiError, match="line break"):
            await redirect_by_ami(address, "PJSIP/1\r\n\r\nAction: Originate", "sideline")
    assert not [line for line in heard if b"Originate" in line or b"Action: Redirect" in line]
    assert not [line for line in heard if b"secret" in line]
