"""Janus' AudioBridge as a rival: started here with a configuration of its own, asked over its websocket."""

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PLUGIN = "janus.plugin.audiobridge"


class Janus:
    """A running server and the rooms in it."""

    def __init__(self, socket: ClientConnection, pid: int) -> None:
        self.pid = pid
        self._socket = socket
        self._session = 0
        self._rooms: set[int] = set()
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Open the session."""
        self._session = (await self._ask(janus="create"))["data"]["id"]

    async def join(self, room: int, name: str, offer: str) -> str:
        """Let a leg into a room; return the answer to its offer."""
        async with self._lock:
            handle = (await self._ask(janus="attach", plugin=PLUGIN))["data"]["id"]
            if room not in self._rooms:
                self._rooms.add(room)
                await self._say(handle, {"request": "create", "room": room, "sampling_rate": 48000})
            await self._say(handle, {"request": "join", "room": room, "display": name}, event=True)
            jsep = {"type": "offer", "sdp": offer, "trickle": False}
            return (await self._say(handle, {"request": "configure", "muted": False}, jsep=jsep, event=True))["jsep"][
                "sdp"
            ]

    async def keep_alive(self) -> None:
        """Say every 20 seconds that we are here."""
        while True:
            await asyncio.sleep(20)
            async with self._lock:
                await self._ask(janus="keepalive")

    async def _say(
        self, handle: int, body: dict[str, Any], jsep: dict[str, Any] | None = None, *, event: bool = False
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        if jsep is not None:
            request["jsep"] = jsep
        return await self._ask(until="event" if event else "success", **request)

    async def _ask(self, until: str = "", **request: Any) -> dict[str, Any]:
        transaction = secrets.token_hex(8)
        request |= {"transaction": transaction}
        if self._session:
            request["session_id"] = self._session
        await self._socket.send(json.dumps(request))
        while True:
            answer = json.loads(await self._socket.recv())
            if answer.get("janus") == "error":
                raise RuntimeError(str(answer))
            if answer.get("transaction") == transaction and (not until or answer["janus"] == until):
                return answer


@asynccontextmanager
async def janus() -> AsyncIterator[Janus]:
    """Start Janus with nothing but the AudioBridge and a websocket on a free port."""
    program = shutil.which("janus")
    assert program is not None
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with TemporaryDirectory() as folder:
        _configure(Path(folder), port)
        process = await asyncio.create_subprocess_exec(
            program, "-F", folder, "-o", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            web = await _reach(port)
            server = Janus(web, process.pid)
            await server.start()
            alive = asyncio.create_task(server.keep_alive())
            try:
                yield server
            finally:
                alive.cancel()
                await web.close()
        finally:
            process.terminate()
            await process.wait()


def _configure(folder: Path, port: int) -> None:
    """Write a configuration with nothing but the AudioBridge and a websocket."""
    for file in Path("/etc/janus").iterdir():
        shutil.copy(file, folder)
    modules = Path("/usr/lib")
    plugins = ",".join(p.name for p in modules.glob("*/janus/plugins/*.so") if "audiobridge" not in p.name)
    transports = ",".join(p.name for p in modules.glob("*/janus/transports/*.so") if "websockets" not in p.name)
    (folder / "janus.jcfg").write_text(
        f'general: {{ debug_level = 1 }}\nplugins: {{ disable = "{plugins}" }}\n'
        f'transports: {{ disable = "{transports}" }}\nmedia: {{ rtp_port_range = "20000-40000" }}\n'
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ ws = true, ws_port = {port}, ws_ip = "127.0.0.1" }}\n'
    )
    (folder / "janus.plugin.audiobridge.jcfg").write_text("general: {}\n")


async def _reach(port: int) -> ClientConnection:
    async with asyncio.timeout(10):
        while True:
            try:
                return await connect(f"ws://127.0.0.1:{port}", subprotocols=["janus-protocol"])  # type: ignore[list-item]
            except OSError:
                await asyncio.sleep(0.1)
