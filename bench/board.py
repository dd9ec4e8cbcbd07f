"""The board over a million interactions: our answer to a list, beside the same SQL on raw asyncpg.

Each question is asked in process (scope, statements, structs, abilities, but no
HTTP) and, in turn with it, as the very statements that it sent, with their
parameters, on a raw asyncpg connection. Then Coach Manager: 500 people
coaching now, and its history over a million segments.

Run: ``python bench/board.py [--rows 1000000] [--times 100]``.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import event

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.board_rows import big_organisation  # noqa: E402
from bench.sound_results import keep  # noqa: E402
from sideline.engagements.coach_manager import coaching_users  # noqa: E402
from sideline.engagements.history import HistoryFilters, every_row, history  # noqa: E402
from sideline.engagements.history_csv import csv_of  # noqa: E402
from sideline.engagements.live_queries import agents_view  # noqa: E402
from sideline.engagements.live_rows import compose_rows  # noqa: E402
from sideline.interactions.queries import InteractionFilters, interactions_scope, list_interactions  # noqa: E402
from sideline.kit.db import Database, asyncpg_url  # noqa: E402
from sideline.people.identity import SignedIn  # noqa: E402
from sideline.rules.permissions import Actor  # noqa: E402
from sideline.rules.shipped_roles import SHIPPED_ROLES  # noqa: E402

Question = Callable[[Any], Awaitable[Any]]


async def person(url: str, role: str) -> SignedIn:
    """Return a user with a shipped role, of the first team."""
    connection = await asyncpg.connect(asyncpg_url(url))
    row = await connection.fetchrow(
        "SELECT u.id::text, u.name, u.team_id::text FROM users u JOIN teams t ON t.id = u.team_id "
        "WHERE t.name = 'Team 1' AND u.name LIKE 'Supervisor %' "
        "AND NOT EXISTS (SELECT FROM engagements e WHERE e.supervisor_id = u.id AND e.state <> 'ended') LIMIT 1"
    )
    await connection.close()
    actor = Actor(row["id"], SHIPPED_ROLES[role].grants, frozenset({row["team_id"]}))
    return SignedIn(row["id"], row["name"], actor, "UTC", row["team_id"], "")


def questions(supervisor: SignedIn, manager: SignedIn, middle: str, agent: str) -> dict[str, Question]:
    """Return what is asked, by name."""

    def interactions(me: SignedIn, order: Any = "newest", cursor: str | None = None, **filters: Any) -> Question:
        async def ask(connection: Any) -> Any:
            narrowed = InteractionFilters(**filters)
            page = await list_interactions(connection, interactions_scope(me), narrowed, order, cursor)
            return await compose_rows(connection, me, page.items)

        return ask

    def past(me: SignedIn, cursor: str | None = None, **filters: Any) -> Question:
        return lambda connection: history(connection, me, HistoryFilters(**filters), cursor, 50)

    def agents(me: SignedIn) -> Question:
        return lambda connection: agents_view(
            connection, me, team_ids=None, queue_id=None, status=None, cursor=None, size=100
        )

    return {
        "live, own team, longest": interactions(supervisor, "longest", state="live"),
        "live, everyone, newest": interactions(manager, state="live"),
        "ended, everyone, first page": interactions(manager, state="ended"),
        "ended, everyone, from the middle": interactions(manager, cursor=middle, state="ended"),
        "ended, own team": interactions(supervisor, state="ended"),
        "ended, one campaign": interactions(manager, state="ended", campaign="Campaign 7"),
        "ended, one agent": interactions(manager, state="ended", agent_id=agent),
        "agents, own team": agents(supervisor),
        "coach manager, 500 people": lambda connection: coaching_users(connection, manager),
        "history, everyone": past(manager),
        "history, own team": past(supervisor),
        "history, one supervisor": past(manager, supervisor_id=supervisor.user_id),
        "history, one supervisor, one type": past(manager, supervisor_id=supervisor.user_id, mode="coach"),
        "history, one agent": past(manager, agent_id=agent),
    }


async def compare(database: Database, raw: asyncpg.Connection, ask: Question, times: int) -> dict[str, float]:
    """Return p50 and p99 of a question, ours and its bare statements', in milliseconds."""
    sent: list[tuple[str, tuple[Any, ...]]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        sent.append((statement, tuple(parameters)))

    async with database.reading() as connection:
        for _ in range(3):
            await ask(connection)
        engine = database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        answer = await ask(connection)
        event.remove(engine, "before_cursor_execute", note)
        ours: list[float] = []
        bare: list[float] = []
        for _ in range(times):
            start = time.perf_counter()
            await ask(connection)
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            for statement, parameters in sent:
                await raw.fetch(statement, *parameters)
            bare.append(time.perf_counter() - start)
    return {
        "statements": len(sent),
        "kilobytes": round(len(msgspec.json.encode(answer)) / 1024, 1),
        "ours_p50_ms": milliseconds(ours, 0.5),
        "ours_p99_ms": milliseconds(ours, 0.99),
        "raw_p50_ms": milliseconds(bare, 0.5),
        "ratio": round(statistics.median(ours) / statistics.median(bare), 2),
    }


async def export(database: Database, manager: SignedIn) -> dict[str, float]:
    """Return how fast the whole history comes as CSV."""
    start, size = time.perf_counter(), 0
    async for piece in csv_of(every_row(database, manager, HistoryFilters()), "UTC"):
        size += len(piece)
    seconds = time.perf_counter() - start
    return {"seconds": round(seconds, 1), "megabytes": round(size / 1e6, 1)}


def milliseconds(values: list[float], quantile: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * quantile))] * 1000, 2)


async def main(rows: int, times: int) -> None:
    async with big_organisation(rows) as url:
        database = Database(url)
        raw = await asyncpg.connect(asyncpg_url(url), server_settings={"jit": "off", "timezone": "UTC"})
        supervisor, manager = await person(url, "supervisor"), await person(url, "quality_manager")
        agent = await raw.fetchval("SELECT id::text FROM users WHERE name = 'Agent 1500'")
        at = await raw.fetchrow(
            "SELECT started_at, id::text AS id FROM interactions ORDER BY started_at OFFSET $1 LIMIT 1", rows // 2
        )
        from sideline.kit.paging import encode_cursor

        middle = encode_cursor(at["started_at"], at["id"])
        found: dict[str, Any] = {"rows": rows}
        for name, ask in questions(supervisor, manager, middle, agent).items():
            found[name] = await compare(database, raw, ask, times)
            print(f"{name}: {found[name]}", flush=True)
        found["export"] = await export(database, manager)
        print(f"export: {found['export']}")
        await raw.close()
        await database.aclose()
    lists = [values for name, values in found.items() if isinstance(values, dict) and "ratio" in values]
    board = found["live, own team, longest"]
    worst = max(lists, key=lambda values: values["ratio"])
    keep(
        "board",
        f"over {rows:,} rows: live board {board['ours_p50_ms']} ms ({board['ratio']} × raw asyncpg), worst ratio of "
        f"{len(lists)} questions {worst['ratio']}, slowest {max(v['ours_p50_ms'] for v in lists)} ms; 500 coaching "
        f"{found['coach manager, 500 people']['ours_p50_ms']} ms; CSV of all {found['export']['seconds']} s",
        found,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=100)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.rows, arguments.times))
