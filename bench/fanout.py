"""One event to 2,000 sockets: when the last client has it, and what it costs.

The real web server (uvicorn, our protocol, hub) on loopback, its clients in another process. In turn, over the same
transports:

- ``send_loop``: ``socket.send`` of a ready-made frame to each socket, the floor;
- ``bare``: a ready-made frame written to each transport, and nothing else;
- ``hub``: ``Hub.take`` of one event, JSON and frame included;
- ``commit``: an event committed to PostgreSQL, through LISTEN, tail and hub.

Then a reader that stops reading: what the others notice, what it costs, and how it ends.

Run: ``python -m bench.fanout [--sockets 2000] [--rounds 300]``.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil
import uvloop

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.sound_results import keep  # noqa: E402
from sideline.entry import web  # noqa: E402
from sideline.entry.web import WebServer, make_server, raise_file_limit  # noqa: E402
from sideline.kit.db import Database  # noqa: E402
from sideline.kit.event_log import Event, LoggedEvent, Position  # noqa: E402
from sideline.kit.processes import listening_socket  # noqa: E402
from sideline.kit.settings import Settings  # noqa: E402
from sideline.realtime.frames import event_json, events_frame  # noqa: E402
from sideline.realtime.hub import WINDOW_SECONDS, Hub  # noqa: E402
from sideline.realtime.live import Realtime  # noqa: E402
from sideline.realtime.protocol import MOST_BEHIND, Wire  # noqa: E402
from tests.support.people import make_user  # noqa: E402
from tests.support.postgres import fresh_database, make_template, running_server  # noqa: E402
from tests.support.server import sign_in_row  # noqa: E402

PER_USER = 25
EVENT_BYTES = 1100
"""About what an interaction in an event takes."""

STOPPED_EVENT_BYTES = 16_000
STOPPED_ROUNDS = 300
STOPPED_AMONG = 200


class Sample(Event, frozen=True, kw_only=True, tag="bench.sample"):
    """An event of a chosen size."""

    topic: str
    text: str

    def topics(self) -> tuple[str, ...]:
        """Return the one topic."""
        return (self.topic,)


class Bench:
    """The server in this process, the clients in another."""

    def __init__(self, live: Realtime, database: Database, clients: "Clients") -> None:
        self.live = live
        self.database = database
        self.clients = clients
        self.number = 0

    def logged(self, topic: str, size: int) -> LoggedEvent:
        """Return an event as the tail reads it."""
        self.number += 1
        position = Position(self.live.hub.seen.transaction, self.live.hub.seen.id)
        payload = {"type": "bench.sample", "topic": topic, "text": "x" * size, "n": self.number}
        return LoggedEvent(position, datetime.now(UTC), "bench.sample", (topic,), msgspec.Raw(_json(payload)))

    async def round(self, send: Callable[[], Any], frames: int) -> tuple[float, float]:
        """Send once; return seconds until the last client had it, and this process's CPU seconds."""
        await self.clients.begin({"do": "await", "frames": frames, "seconds": 20})
        # The first event after silence goes at once.
        await asyncio.sleep(WINDOW_SECONDS * 2.5)
        cpu, began = time.process_time(), time.monotonic()
        sent = send()
        if sent is not None:
            await sent
        answer = await self.clients.end()
        if answer["missing"] > 0:
            raise RuntimeError(f"{answer['missing']} frames never came")
        return answer["at"] - began, time.process_time() - cpu


class Clients:
    """The other process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, port: int) -> "Clients":
        """Start it."""
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bench.fanout_clients",
                str(port),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
            )
        )

    async def begin(self, order: dict[str, Any]) -> None:
        """Give an order and wait until it has begun."""
        assert self.process.stdin is not None
        self.process.stdin.write(_json(order) + b"\n")
        if order["do"] == "await":
            await self.end()

    async def end(self) -> dict[str, Any]:
        """Return the answer."""
        assert self.process.stdout is not None
        return json.loads(await self.process.stdout.readline())

    async def do(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give an order and return its answer."""
        await self.begin(order)
        return await self.end()


def transports(hub: Hub, topic: str) -> list[asyncio.Transport]:
    """Return the transports of a topic's sockets."""
    return [one._transport for one in hub._listening[topic]]


def sockets_of(hub: Hub, topic: str) -> list[socket.socket]:
    """Return duplicates of a topic's sockets, to send on directly."""
    return [socket.socket(fileno=os.dup(each.get_extra_info("socket").fileno())) for each in transports(hub, topic)]


async def compare(bench: Bench, count: int, rounds: int) -> dict[str, Any]:
    """Measure every way of sending in turn, so that whatever else the machine does falls on all alike."""
    hub, topic = bench.live.hub, "organisation"
    ready = events_frame(hub.position, [event_json(bench.logged(topic, EVENT_BYTES))])
    every, direct = transports(hub, topic), sockets_of(hub, topic)
    assert len(every) == count

    def send_loop() -> None:
        for one in direct:
            one.send(ready)

    def bare() -> None:
        for one in every:
            one.write(ready)

    def through_hub() -> None:
        hub.take([bench.logged(topic, EVENT_BYTES)])

    async def commit() -> None:
        async with bench.database.transaction() as tx:
            tx.record(Sample(topic=topic, text="x" * EVENT_BYTES))

    ways = {"send_loop": send_loop, "bare": bare, "hub": through_hub, "commit": commit}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 10):
        for name, way in ways.items():
            figures = await bench.round(way, count)
            if number >= 10:
                taken[name].append(figures)
    for one in direct:
        one.close()
    return {name: summary(figures, count) for name, figures in taken.items()}


async def stopped(bench: Bench, count: int) -> dict[str, Any]:
    """Measure a topic with large events before and after one of its readers stops reading."""
    hub, topic = bench.live.hub, "queues"
    process = psutil.Process()

    def send() -> None:
        hub.take([bench.logged(topic, STOPPED_EVENT_BYTES)])

    before = [await bench.round(send, count) for _ in range(STOPPED_ROUNDS)]
    memory = process.memory_info().rss
    cut_offs = Wire.cut_offs
    await bench.clients.do({"do": "stop", "numbers": [0]})
    most, after = 0, []
    while Wire.cut_offs == cut_offs:
        after.append(await bench.round(send, count - 1))
        most = max(most, max((one.backlog() for one in hub._listening[topic]), default=0))
        if len(after) > 2000:
            raise RuntimeError("the stopped reader was never cut off")
    grown = process.memory_info().rss - memory
    after += [await bench.round(send, count - 1) for _ in range(50)]
    drained = await bench.clients.do({"do": "drain", "number": 0})
    return {
        "sockets": count,
        "event_bytes": STOPPED_EVENT_BYTES,
        "others_before": summary(before, count),
        "others_after": summary(after, count - 1),
        "most_behind_bytes": most,
        "limit_bytes": MOST_BEHIND,
        "events_until_cut_off": len(after) - 50,
        "memory_grown_bytes": grown,
        "what_it_then_read": drained,
    }


def summary(figures: list[tuple[float, float]], count: int) -> dict[str, float]:
    """Return milliseconds until the last client and CPU microseconds a message."""
    last = sorted(1000 * seconds for seconds, _ in figures)
    cpu = [1e6 * seconds / count for _, seconds in figures]
    return {
        "p50_ms": round(statistics.median(last), 2),
        "p99_ms": round(last[max(0, int(len(last) * 0.99) - 1)], 2),
        "best_ms": round(last[0], 2),
        "cpu_us_per_message": round(statistics.median(cpu), 3),
    }


async def main(arguments: argparse.Namespace) -> None:
    """Run it all and keep the figures."""
    raise_file_limit()
    # The clients only count; they answer no pings.
    web.PONG_WITHIN_SECONDS = 3600.0
    with running_server() as url:
        template = await asyncio.to_thread(make_template, url)
        database_url = await asyncio.to_thread(fresh_database, url, template)
        database = Database(database_url)
        listener = listening_socket("127.0.0.1", 0)
        server = make_server(Settings(var=ROOT, database_url=database_url, demo=False), database)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.is_listening.wait()
        live: Realtime = _app(server).state.realtime
        clients = await Clients.start(listener.getsockname()[1])
        try:
            bench = Bench(live, database, clients)
            opening = time.monotonic()
            await open_all(database, clients, arguments.sockets)
            opened = time.monotonic() - opening
            figures = await compare(bench, arguments.sockets, arguments.rounds)
            figures["stopped_reader"] = await stopped(bench, STOPPED_AMONG)
        finally:
            clients.process.kill()
            await clients.process.wait()
            server.should_exit = True
            await serving
            await database.aclose()
    ratios = {
        "hub_to_bare_p50": round(figures["hub"]["p50_ms"] / figures["bare"]["p50_ms"], 3),
        "hub_to_bare_p99": round(figures["hub"]["p99_ms"] / figures["bare"]["p99_ms"], 3),
        "hub_to_bare_cpu": round(figures["hub"]["cpu_us_per_message"] / figures["bare"]["cpu_us_per_message"], 3),
        "hub_to_send_loop_p50": round(figures["hub"]["p50_ms"] / figures["send_loop"]["p50_ms"], 3),
    }
    hub, bare, gone = figures["hub"], figures["bare"], figures["stopped_reader"]
    keep(
        "fanout",
        f"one event to {arguments.sockets} sockets: hub p50 {hub['p50_ms']} p99 {hub['p99_ms']} ms, bare sender "
        f"p50 {bare['p50_ms']} p99 {bare['p99_ms']} ms: ratio p50 {ratios['hub_to_bare_p50']}, CPU "
        f"{ratios['hub_to_bare_cpu']} ({hub['cpu_us_per_message']} µs a message); from commit p50 "
        f"{figures['commit']['p50_ms']} ms; stopped reader: {gone['most_behind_bytes'] / 2**20:.2f} MB, others p50 "
        f"{gone['others_before']['p50_ms']} → {gone['others_after']['p50_ms']} ms",
        {
            "sockets": arguments.sockets,
            "rounds": arguments.rounds,
            "event_bytes": EVENT_BYTES,
            "cpus": os.cpu_count(),
            "load_at_end": round(os.getloadavg()[0], 2),
            "opened_in_seconds": round(opened, 2),
            "largest_memory_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "ratios": ratios,
            **figures,
        },
    )


async def open_all(database: Database, clients: Clients, count: int) -> None:
    """Open every socket; the first ``STOPPED_AMONG`` also hear the topic of the stopped reader."""
    wanted: list[tuple[str, list[str]]] = []
    while len(wanted) < count:
        user = await make_user(database, "agent")
        opened = await sign_in_row(database, user.id)
        for _ in range(min(PER_USER, count - len(wanted))):
            topics = ["organisation", f"user:{user.id}"]
            wanted.append((opened.token, [*topics, "queues"] if len(wanted) < STOPPED_AMONG else topics))
    answer = await clients.do({"do": "open", "sockets": wanted})
    assert answer["open"] == count


def _app(server: WebServer) -> Any:
    return server.config.app._api  # type: ignore[union-attr]


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=300)
    uvloop.run(main(parser.parse_args()))
