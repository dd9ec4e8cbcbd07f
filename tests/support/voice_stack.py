"""The whole of Sideline as processes, and people with real phones in front of it.

``Stack`` starts the web, voice and worker processes as ``sideline run`` does;
``Person`` and ``Customer`` do what their pages do: sign in, keep a socket open,
connect a phone over HTTP, and connect it again when they are told to. Every
phone plays its owner's tone and records what it hears.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from sideline.entry.composition import reactions
from sideline.interactions.models import QueueMemberRow
from sideline.kit.db import Database
from sideline.kit.ids import new_id
from sideline.kit.processes import listening_socket
from sideline.voice.webrtc.client import BrowserLikePhone, PhoneFailed
from tests.support.interactions import make_queue
from tests.support.people import make_team, make_user
from tests.support.programs import PATIENCE, Program
from tests.support.server import LiveSocket, browser, open_socket, sign_in_row

ROOT = Path(__file__).resolve().parents[2]

SAMPLE_RATE = 48_000


class Page:
    """What a page with a phone does: holds a socket, and (re)connects the phone when it is told to."""

    def __init__(self, http: httpx.AsyncClient, tone: Sequence[bytes] | None) -> None:
        self.http = http
        self.events: list[dict[str, Any]] = []
        self._tone = tone
        self._tab_id = new_id()
        self._clients: list[BrowserLikePhone] = []
        self._news = asyncio.Condition()
        self._socket: LiveSocket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._is_gone = False

    legs_path = "/api/legs"

    async def connect(self) -> None:
        """Connect the phone, in place of the one that was."""
        phone = BrowserLikePhone(self._signal, self._tone, loopback_only=True)
        await phone.connect(timeout=PATIENCE)
        former = self._clients[-1] if self._clients else None
        self._clients.append(phone)
        if former is not None:
            await former.close()

    async def follow(self, socket: LiveSocket) -> None:
        """Read the socket from now on."""
        self._socket = socket
        self._reader = asyncio.create_task(self._read(socket))

    async def event(self, is_it: Callable[[dict[str, Any]], bool], since: int = 0) -> dict[str, Any]:
        """Return the first event told that is it, from number ``since`` on; wait for it."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events[since:] if is_it(event)), None)

        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: found() is not None)
        event = found()
        assert event is not None
        return event

    def heard(self, start: float, end: float) -> NDArray[np.float32]:
        """Return everything that arrived, mixed as a browser does (monotonic seconds)."""
        return sum(
            (slot.pcm(start, end) for client in self._clients for slot in client.slots),
            np.zeros(round((end - start) * SAMPLE_RATE), dtype=np.float32),
        )

    @property
    def phone(self) -> BrowserLikePhone:
        """The phone as it is connected now."""
        return self._clients[-1]

    async def vanish(self) -> None:
        """Be gone without a good-bye; the socket stays, so that the test can hear what is told."""
        self._is_gone = True
        await self._clients[-1].vanish()

    async def leave(self) -> None:
        """End what the page is for."""

    async def close(self) -> None:
        """Close the page."""
        for task in (self._reader, self._connecting):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._socket is not None:
            await self._socket.connection.close()
        for client in self._clients:
            await client.close()
        await self.http.aclose()

    async def _signal(self, offer: str) -> str:
        body = {
            "offer": offer,
            "tab_id": self._tab_id,
            "take_over": True,
            "has_microphone": self._tone is not None,
        }
        answer = await self.http.post(self.legs_path, json=body)
        if not answer.is_success:
            raise PhoneFailed(answer.text)
        return answer.json()["answer"]

    async def _read(self, socket: LiveSocket) -> None:
        while True:
            told = len(socket.heard)
            try:
                await socket.next("events")
            except TimeoutError:
                continue
            async with self._news:
                self.events += socket.heard[told:]
                self._news.notify_all()
            if any(_wants_connection(event) for event in socket.heard[told:]):
                self._reconnect()

    def _reconnect(self) -> None:
        if self._is_gone:
            return
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._keep_trying())

    async def _keep_trying(self) -> None:
        # No voice process may be there yet; a page tries again, and so does this one.
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.connect()
                except PhoneFailed:
                    await asyncio.sleep(0.25)  # house: a back-off between attempts to connect


def _wants_connection(event: dict[str, Any]) -> bool:
    return event["type"] == "leg.reconnect_wanted" or (event["type"] == "leg.changed" and event["state"] == "lost")


class Person(Page):
    """Someone who is signed in."""

    def __init__(self, id_: str, name: str, http: httpx.AsyncClient, tone: Sequence[bytes] | None) -> None:
        super().__init__(http, tone)
        self.id = id_
        self.name = name

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """Ask the API and expect success."""
        answer = await self.http.request(method, path, json=body or None)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def leave(self) -> None:
        """Sign out."""
        await self.http.post("/api/sign-out")

    async def mine(self) -> Any:
        """Return one's engagement."""
        return await self.ask("GET", "/api/engagements/mine")

    async def becomes_active(self, since: int = 0) -> dict[str, Any]:
        """Wait until one's engagement has started, switched or resumed."""
        kinds = {"engagement.started", "engagement.switched", "engagement.resumed"}
        return await self.event(lambda event: event["type"] in kinds, since)


class Customer(Page):
    """A customer on their call's page."""

    legs_path = "/api/customer/legs"

    def __init__(self, made: dict[str, Any], http: httpx.AsyncClient, tone: Sequence[bytes] | None) -> None:
        super().__init__(http, tone)
        self.interaction_id: str = made["interaction_id"]
        self.participant_id: str = made["participant_id"]
        self.token: str = made["token"]

    async def leave(self) -> None:
        """Hang up."""
        await self.http.post("/api/customer/call/end")


@dataclass
class Talk:
    """A call between two."""

    id: str
    agent_participant: str
    customer_participant: str


class Stack:
    """Sideline's processes on a database, with one team and its queue."""

    def __init__(
        self,
        database_url: str,
        var: Path,
        *,
        voices: int = 1,
        settings: Mapping[str, str] | None = None,
        first_voice: Mapping[str, str] | None = None,
    ) -> None:
        self.url = database_url
        self.database = Database(database_url, reactions=reactions())
        self._listener = listening_socket("127.0.0.1", 0)
        self.port = self._listener.getsockname()[1]
        env = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "SIDELINE_VAR": str(var),
            "SIDELINE_DATABASE_URL": database_url,
            "SIDELINE_PORT": str(self.port),
            "SIDELINE_DEMO": "0",
            "SIDELINE_LOOPBACK_ONLY": "1",
            "SIDELINE_VOICE_PROCESSES": str(voices),
            **(settings or {}),
        }
        log = var / "stack.log"
        self.web = Program("web", "web", env, log, listen=self._listener.fileno())
        self.worker = Program("worker", "worker", env, log)
        self.voices = [Program("voice", f"voice-{n + 1}", env, log) for n in range(voices)]
        self.voices[0] = self.voices[0].like(**(first_voice or {}))
        self._pages: list[Page] = []
        self.team = ""
        self.queue_id = ""
        self.slug = ""

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start everything."""
        os.set_inheritable(self._listener.fileno(), True)
        await asyncio.gather(*(each.start() for each in (*self.voices, self.worker, self.web)))

    def adopt(self, page: Page) -> None:
        """Close this page with the others."""
        self._pages.append(page)

    async def new_floor(self) -> None:
        """Make a team and its queue, for everyone made from now on."""
        self.team = await make_team(self.database)
        self.queue_id, self.slug = await make_queue(self.database, self.team)

    async def everyone_leaves(self) -> None:
        """End every call and close every page."""
        pages, self._pages = self._pages, []
        for page in pages:
            await page.leave()
            await page.close()

    async def close(self) -> None:
        """End everything."""
        await asyncio.gather(*(page.close() for page in self._pages))
        for each in (self.web, *self.voices, self.worker):
            await each.stop()
        self._listener.close()
        await self.database.aclose()

    async def cut_database(self) -> None:
        """Cut every connection to the database, as its restart does."""
        async with self.database.transaction() as tx:
            await tx.session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    async def person(self, role: str, *, tone: Sequence[bytes] | None, presence: str = "available") -> Person:
        """Make someone of the team, signed in, with a connected phone."""
        user = await make_user(self.database, role, team=self.team, presence=presence)
        opened = await sign_in_row(self.database, user.id)
        person = Person(user.id, user.name, browser(self.site, opened), tone)
        person.http.timeout = httpx.Timeout(PATIENCE)
        self._pages.append(person)
        socket = await open_socket(self.port, opened)
        await socket.next("hello")
        await socket.subscribe(f"user:{user.id}")
        await person.follow(socket)
        await person.connect()
        return person

    async def agent(self, *, tone: Sequence[bytes] | None) -> Person:
        """Make an agent who is on queue."""
        person = await self.person("agent", tone=tone)
        async with self.database.transaction() as tx:
            tx.session.add(QueueMemberRow(queue_id=self.queue_id, user_id=person.id))
        await person.ask("POST", "/api/presence", status="on_queue")
        return person

    async def customer(self, *, tone: Sequence[bytes] | None) -> Customer:
        """Let a customer call in and connect their phone."""
        http = httpx.AsyncClient(base_url=self.site, timeout=PATIENCE)
        answer = await http.post("/api/customer/calls", json={"queue_slug": self.slug, "name": "Customer"})
        assert answer.status_code == 201, answer.text
        customer = Customer(answer.json(), http, tone)
        http.headers["X-Customer-Token"] = customer.token
        self._pages.append(customer)
        socket = await open_socket(self.port, path="/api/customer/socket")
        await socket.say("identify", token=customer.token)
        await socket.next("hello")
        await customer.follow(socket)
        await customer.connect()
        return customer

    async def talk(self, agent: Person, customer: Customer) -> Talk:
        """Let the agent, for whom the customer's call rings, answer it."""
        call_id = customer.interaction_id
        await agent.event(lambda e: e["type"] == "interaction.changed" and e["interaction"]["id"] == call_id)
        answered = await agent.ask("POST", f"/api/interactions/{call_id}/answer")
        await self.everyone_is_there(agent, call_id)
        return Talk(call_id, answered["my_participant_id"], customer.participant_id)

    async def everyone_is_there(self, agent: Person, call_id: str) -> None:
        """Wait until the phones of a call are up and the voice engine has its newest version in force."""
        await until(lambda: self._is_there(agent, call_id))

    async def _is_there(self, agent: Person, call_id: str) -> bool:
        call = await agent.ask("GET", f"/api/interactions/{call_id}")
        joined = [each for each in call["participants"] if each["state"] == "joined"]
        return call["applied_version"] == call["version"] and all(each["leg_state"] == "up" for each in joined)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not await is_so():
            pass


@asynccontextmanager
async def running_stack(
    database_url: str,
    var: Path,
    *,
    voices: int = 1,
    settings: Mapping[str, str] | None = None,
    first_voice: Mapping[str, str] | None = None,
) -> AsyncIterator[Stack]:
    """Run the processes until the block ends; ``settings`` are environment variables of theirs.

    ``first_voice`` are those of the first voice process alone.
    """
    stack = Stack(database_url, var, voices=voices, settings=settings, first_voice=first_voice)
    try:
        await stack.start()
        yield stack
    finally:
        await stack.close()
