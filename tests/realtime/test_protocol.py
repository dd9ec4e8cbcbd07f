"""What a peer may do to a socket, and what it gets for it."""

import asyncio
import importlib.metadata
from typing import Any

import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from sideline.kit.db import Database
from sideline.realtime.protocol import LARGEST_MESSAGE, MOST_FRAGMENTS
from tests.realtime.conftest import Person, happen
from tests.support.server import RawSocket, Site, browser, live_socket, masked_frame, open_socket, running_site

TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9


def test_the_adapter_was_read_against_these_versions():
    """On another version read realtime/protocol.py beside uvicorn's websockets_sansio_impl again, then change this."""
    assert importlib.metadata.version("uvicorn") == "0.54.0"
    assert importlib.metadata.version("websockets").split(".")[0] == "17"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """These clients break rules; waiting for them to close properly is waiting for nothing."""
    monkeypatch.setattr("sideline.realtime.protocol.CLOSE_WITHIN_SECONDS", 0.3)


def cookie(person: Person) -> dict[str, str]:
    return {"Cookie": f"sideline_session={person.opened.token}"}


async def still_works(site: Site, person: Person, database: Database) -> None:
    async with live_socket(site.port, person.opened, "organisation") as live:
        await happen(database, "still works")
        await live.until(lambda heard: len(heard) > 0)


def close_code(read: bytes) -> int:
    """Return the code of the close frame that ends what was read."""
    for at in range(len(read) - 4, -1, -1):
        if read[at] == 0x88 and at + 2 + read[at + 1] == len(read):
            return int.from_bytes(read[at + 2 : at + 4], "big")
    return 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"\x81\x02{}", 1002, id="unmasked"),
        pytest.param(masked_frame(0x3, b""), 1002, id="reserved opcode"),
        pytest.param(b"\xf1" + masked_frame(TEXT, b"{}")[1:], 1002, id="reserved bits"),
        pytest.param(masked_frame(PING, b"x", fin=False), 1002, id="fragmented control frame"),
        pytest.param(masked_frame(0x0, b"x"), 1002, id="continuation of nothing"),
        pytest.param(masked_frame(TEXT, b"\xff\xfe"), 1007, id="not utf-8"),
        pytest.param(masked_frame(TEXT, b"x" * (LARGEST_MESSAGE + 1)), 1009, id="too large"),
        pytest.param(
            masked_frame(TEXT, b"x" * LARGEST_MESSAGE, fin=False) + masked_frame(0x0, b"x"),
            1009,
            id="too large in parts",
        ),
        pytest.param(
            masked_frame(TEXT, b"", fin=False) + masked_frame(0x0, b"", fin=False) * MOST_FRAGMENTS,
            1008,
            id="too many parts",
        ),
        pytest.param(masked_frame(TEXT, b"not json"), 1008, id="not json"),
        pytest.param(masked_frame(TEXT, b"[]"), 1008, id="no object"),
        pytest.param(masked_frame(TEXT, b'{"op":"fly"}'), 1008, id="unknown op"),
        pytest.param(masked_frame(TEXT, b'{"op":"subscribe","topics":"queues"}'), 1008, id="wrong member"),
        pytest.param(masked_frame(TEXT, b'{"op":"subscribe","topics":[' + b"[" * 9000), 1008, id="deep"),
        pytest.param(masked_frame(BINARY, b"{}"), 1008, id="binary"),
        pytest.param(masked_frame(CLOSE, (1000).to_bytes(2, "big")), 1000, id="close"),
    ],
)
async def test_a_malformed_frame_closes_its_socket_only(
    site: Site, person: Person, database: Database, data: bytes, code: int
):
    raw = await RawSocket.open(site.port, cookie(person))
    await raw.send(data)
    assert close_code(await raw.read_all()) == code
    raw.close()
    await still_works(site, person, database)


async def test_a_message_in_a_few_parts_is_read(site: Site, person: Person):
    async with await open_socket(site.port, person.opened) as live:
        await live.connection.send(iter(['{"op":"subsc', 'ribe","topics":', '["queues"]}']))
        assert (await live.next("subscribed"))["topics"] == ["queues"]


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [
        ("http://127.0.0.1:{port}", True),
        (None, True),
        ("https://evil.example", False),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:{port}.evil.example", False),
        ("null", False),
        ("file://", False),
        ("", False),
    ],
)
async def test_pages_of_other_sites_get_no_socket(site: Site, person: Person, origin: str | None, is_ours: bool):
    headers = {} if origin is None else {"Origin": origin.format(port=site.port)}
    if is_ours:
        async with await open_socket(site.port, person.opened, headers=headers) as live:
            await live.next("hello")
        return
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(site.port, person.opened, headers=headers)
    assert refused.value.response.status_code == 403
    assert msgspec.json.decode(refused.value.response.body)["code"] == "foreign_origin"


async def test_a_socket_without_a_sign_in_is_refused_as_http(site: Site):
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(site.port)
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["content-type"] == "application/problem+json"
    assert msgspec.json.decode(refused.value.response.body)["code"] == "not_signed_in"


@pytest.mark.parametrize("path", ["/api/nothing", "/", "/api/events"])
async def test_there_is_no_socket_elsewhere(site: Site, person: Person, path: str):
    with pytest.raises(InvalidStatus):
        await open_socket(site.port, person.opened, path=path)


async def test_a_handshake_that_the_websocket_library_refuses_is_answered(site: Site, person: Person):
    raw = await RawSocket.open(site.port, {**cookie(person), "X-Long": "x" * 9000})
    assert raw.answer.startswith(b"HTTP/1.1 400 ")
    assert await raw.read_all() == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-WebSocket-Version": "12"},
        {"Sec-WebSocket-Key": "short"},
        {"Connection": "close"},
        {"Transfer-Encoding": "chunked"},
        {"Content-Length": "5"},
    ],
)
async def test_a_wrong_handshake_opens_no_socket_and_breaks_nothing(
    site: Site, person: Person, database: Database, headers: dict[str, str]
):
    raw = await RawSocket.open(site.port, {**cookie(person), **headers})
    assert b" 101 " not in raw.answer.split(b"\r\n")[0]
    raw.close()
    await still_works(site, person, database)


async def test_plain_http_at_the_sockets_address_is_a_problem(site: Site, person: Person):
    async with browser(site.url, person.opened) as http:
        for answer in (await http.get("/api/socket"), await http.post("/api/socket")):
            assert 400 <= answer.status_code < 500
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_too_large_is_refused_with_a_problem(site: Site, person: Person):
    async with browser(site.url) as http:
        answer = await http.post("/api/sign-in", json={"email": "x" * 300_000, "password": "x"})
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"

        async def endless() -> Any:
            for _ in range(400):
                yield b" " * 1024

        headers = {"content-type": "application/json"}
        answer = await http.post("/api/sign-in", content=endless(), headers=headers)
        assert answer.status_code == 413


async def test_pings_are_answered(site: Site, person: Person):
    async with live_socket(site.port, person.opened) as live:
        async with asyncio.timeout(5):
            await (await live.connection.ping())


async def test_a_silent_peer_is_given_up(database_url: str, person: Person, monkeypatch: pytest.MonkeyPatch):
    """Half open: the other end is gone without a word, so no pong ever comes."""
    monkeypatch.setattr("sideline.entry.web.PING_EVERY_SECONDS", 0.2)
    monkeypatch.setattr("sideline.entry.web.PONG_WITHIN_SECONDS", 0.2)
    with running_site(database_url) as site:
        raw = await RawSocket.open(site.port, cookie(person))
        await raw.read_all()
        async with browser(site.url, person.opened) as http:
            assert (await http.get("/api/health")).status_code == 200
        raw.close()


async def test_a_silent_peer_is_given_up_with_what_it_did_not_read(
    database_url: str, person: Person, database: Database, monkeypatch: pytest.MonkeyPatch
):
    """A connection that is closed politely would wait for its buffer to be read, for ever."""
    monkeypatch.setattr("sideline.entry.web.PING_EVERY_SECONDS", 0.5)
    monkeypatch.setattr("sideline.entry.web.PONG_WITHIN_SECONDS", 0.5)
    with running_site(database_url) as site:
        raw = await RawSocket.open(site.port, cookie(person), receive_buffer=4096)
        await raw.send_text('{"op":"subscribe","topics":["organisation"]}')
        async with browser(site.url, person.opened) as http:
            position = (await http.get("/api/events", params={"topics": "organisation"})).json()["position"]
            size = 2000
            for _ in range(5):
                await happen(database, *("x" * size for _ in range(200)))
            told = {"topics": "organisation", "position": position}
            while (await http.get("/api/events", params=told)).json()["events"] == []:
                pass
        sent = 5 * 200 * size
        await asyncio.sleep(3)  # house: the server gives the silent peer up meanwhile
        assert len(await raw.read_all()) < sent / 2
        raw.close()


async def test_pings_without_end_whose_answers_nobody_reads_end_the_socket(
    site: Site, person: Person, database: Database
):
    raw = await RawSocket.open(site.port, cookie(person), receive_buffer=4096)
    pings = masked_frame(PING, b"x" * 120) * 1000
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(60):
            while True:
                await raw.send(pings)
    raw.close()
    await still_works(site, person, database)


async def test_a_customer_who_does_not_identify_is_told_nothing(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sideline.realtime.sockets.IDENTIFY_WITHIN_SECONDS", 0.2)
    with running_site(database_url) as site:
        for words in ([], [{"op": "identify", "token": "wrong"}], [{"op": "subscribe", "topics": ["queues"]}]):
            async with await open_socket(site.port, path="/api/customer/socket") as live:
                for word in words:
                    await live.connection.send(msgspec.json.encode(word).decode())
                await happen(database, "secret")
                assert await live.closed() == 1008
                assert live.frames == []


async def test_hello_tells_position_and_time(site: Site, person: Person):
    async with await open_socket(site.port, person.opened) as live:
        hello = await live.next("hello")
    assert set(hello) == {"kind", "position", "server_time"}
