"""A client of a running Sideline: HTTP and the socket, as any program would use them."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Self

import httpx
import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

FAULTS = (httpx.HTTPError, OSError, TimeoutError, WebSocketException)
"""What happens to a client while the site restarts; a bot begins again."""

PATIENCE_SECONDS = 15.0


class Refusal(Exception):
    """The site said no; ``code`` says why."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class Site:
    """One client with its own cookies; ``news`` is set whenever the socket tells something.

    The site is on this machine: a proxy that the environment names is not for it.
    """

    def __init__(self, url: str, *, headers: dict[str, str] | None = None) -> None:
        self._url = url
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        self._exit = AsyncExitStack()
        self.news = asyncio.Event()
        self.reconnect_wanted = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._exit.enter_async_context(self._http)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in as a browser does."""
        await self.post("/api/sign-in", {"email": email, "password": password})
        self._http.headers["X-CSRF-Token"] = self._http.cookies.get("sideline_csrf") or ""

    async def get(self, path: str, **query: str) -> Any:
        """Return the answer's content; raises :class:`Refusal`."""
        return _content(await self._http.get(path, params=query))

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Send a command and return the answer's content; raises :class:`Refusal`."""
        return _content(await self._http.post(path, json=body, headers=headers))

    async def patch(self, path: str, body: Any) -> Any:
        """Change something; raises :class:`Refusal`."""
        return _content(await self._http.patch(path, json=body))

    async def listen(self, path: str, first: dict[str, Any]) -> None:
        """Listen on the socket until it closes or the task is cancelled; ``first`` subscribes or identifies."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())
        url = self._url.replace("http", "ws", 1) + path
        headers = {"Cookie": cookies, "Origin": self._url}
        async with connect(url, additional_headers=headers, compression=None, proxy=None) as socket:
            await socket.send(msgspec.json.encode(first).decode())
            # What happened before the subscription is found by looking once more.
            self.news.set()
            async for message in socket:
                frame = msgspec.json.decode(message)
                if frame["kind"] == "ping":
                    await socket.send('{"op":"pong"}')
                elif frame["kind"] == "events":
                    if any(event["type"] == "leg.reconnect_wanted" for event in frame["events"]):
                        self.reconnect_wanted.set()
                    self.news.set()

    async def wait_for_news(self, seconds: float) -> None:
        """Return at the next news, or after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return
        self.news.clear()


def _content(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json() if response.content else None
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    raise Refusal(response.status_code, problem.get("code", ""), problem.get("detail", response.reason_phrase))
