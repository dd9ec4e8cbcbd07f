"""People for tests: rows made directly as facts, and clients that are signed in as them.

``make_user(database, "agent", team=…)`` writes what creating a user writes.
``Api`` is the whole application behind httpx clients: ``await
api.sign_in(user)`` gives one that is signed in (cookies and CSRF handled),
``api.visitor()`` one that is not; any number may be open at once.
"""

import asyncio
import itertools
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
from litestar import Litestar
from sqlalchemy import update

from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.ids import new_id
from sideline.people.grants import stored_grants
from sideline.people.models import PresenceRow, RoleRow, TeamRow, TeamSupervisorRow
from sideline.people.new_user import insert_user
from sideline.people.shipped_role_rows import shipped_role_id
from sideline.people.sign_in.authentication import CSRF_COOKIE, CSRF_HEADER, SESSION_COOKIE
from sideline.people.sign_in.passwords import hash_password
from sideline.people.sign_in.sign_ins import open_sign_in
from sideline.rules.permissions import Grant, Permission, Scope
from sideline.rules.shipped_roles import SHIPPED_ROLES

_numbers = itertools.count(1)


@dataclass(frozen=True)
class MadeUser:
    """A user as made; ``password`` is empty if they have none."""

    id: str
    name: str
    email: str
    team_id: str | None
    password: str = ""


async def make_team(database: Database, name: str | None = None, *, below: str | None = None) -> str:
    """Write a team, nested in ``below``; return its id."""
    team_id = new_id()
    async with database.transaction() as tx:
        tx.session.add(TeamRow(id=team_id, name=name or f"Team {next(_numbers)}", parent_id=below))
    return team_id


async def make_role(database: Database, *grants: tuple[Permission, Scope], name: str | None = None) -> str:
    """Write a custom role; return its id."""
    role_id = new_id()
    stored = stored_grants(Grant(permission, scope) for permission, scope in grants)
    async with database.transaction() as tx:
        tx.session.add(RoleRow(id=role_id, name=name or f"Role {next(_numbers)}", grants=stored))
    return role_id


async def make_user(
    database: Database,
    *roles: str,
    team: str | None = None,
    name: str | None = None,
    email: str | None = None,
    password: str = "",
    supervises: Collection[str] = (),
    presence: str = "offline",
    time_zone: str = "UTC",
) -> MadeUser:
    """Write a user; ``roles`` are keys of shipped roles or role ids, ``supervises`` teams they answer for.

    ``presence`` is written as it is; signing in makes an offline one available.
    """
    number = next(_numbers)
    name = name or f"{(roles[0] if roles and roles[0] in SHIPPED_ROLES else 'user').capitalize()} {number}"
    email = email or f"user{number}@example.org"
    password_hash = await hash_password(password) if password else None
    role_ids = [shipped_role_id(role) if role in SHIPPED_ROLES else role for role in roles]
    async with database.transaction() as tx:
        user = await insert_user(
            tx,
            email=email,
            name=name,
            role_ids=role_ids,
            team_id=team,
            time_zone=time_zone,
            password_hash=password_hash,
        )
        tx.session.add_all(TeamSupervisorRow(team_id=each, user_id=user.id) for each in supervises)
        if presence != "offline":
            idle_since = tx.now if presence == "on_queue" else None
            await tx.session.execute(
                update(PresenceRow)
                .where(PresenceRow.user_id == user.id)
                .values(status=presence, since=tx.now, idle_since=idle_since)
            )
    return MadeUser(user.id, name, email, team, password)


class Api:
    """The application, its database and clock, and clients of it."""

    def __init__(self, app: Litestar, database: Database, clock: SettableClock) -> None:
        self.app = app
        self.database = database
        self.clock = clock
        self._clients = AsyncExitStack()
        self._started, self._stopping = asyncio.Event(), asyncio.Event()

    async def start(self) -> None:
        """Start the application (its lifespan, in a task of its own as in a server)."""
        self._running = asyncio.create_task(self._run(), name="application")
        started = asyncio.create_task(self._started.wait())
        await asyncio.wait({self._running, started}, return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if self._running.done():
            self._running.result()

    async def aclose(self) -> None:
        """Close every client and stop the application."""
        await self._clients.aclose()
        self._stopping.set()
        await self._running

    async def _run(self) -> None:
        async with self.app.lifespan():
            self._started.set()
            await self._stopping.wait()

    async def visitor(self, **options: Any) -> httpx.AsyncClient:
        """Return a client that is not signed in."""
        client = _Browser(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),  # type: ignore[arg-type]
            base_url="http://sideline.test",
            **options,
        )
        return await self._clients.enter_async_context(client)

    async def sign_in(self, user: MadeUser) -> httpx.AsyncClient:
        """Return a new browser in which ``user`` is signed in, without the cost of a password."""
        client = await self.visitor()
        async with self.database.transaction() as tx:
            opened = await open_sign_in(tx, user.id, address="127.0.0.1", browser="test")
        client.cookies.set(SESSION_COOKIE, opened.token)
        client.cookies.set(CSRF_COOKIE, opened.csrf_token)
        return client

    async def make_and_sign_in(self, *roles: str, **facts: Any) -> tuple[MadeUser, httpx.AsyncClient]:
        """Make a user (arguments of :func:`make_user`) and sign them in."""
        user = await make_user(self.database, *roles, **facts)
        return user, await self.sign_in(user)

    async def with_key(self, key: str) -> httpx.AsyncClient:
        """Return a client that sends the API key."""
        return await self.visitor(headers={"Authorization": f"Bearer {key}"})


class _Browser(httpx.AsyncClient):
    """Sends the CSRF cookie's value as the header too, as the web app does; a given header wins."""

    def build_request(self, *arguments: Any, **options: Any) -> httpx.Request:
        request = super().build_request(*arguments, **options)
        token = self.cookies.get(CSRF_COOKIE)
        if token and CSRF_HEADER not in request.headers:
            request.headers[CSRF_HEADER] = token
        return request
