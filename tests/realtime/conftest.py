"""A site with a supervisor who is signed in and sees everything."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sideline.kit.db import Database
from sideline.people.events import UserChanged
from sideline.people.sign_in.sign_ins import OpenedSignIn
from tests.support.people import MadeUser, make_user
from tests.support.server import Site, running_site, sign_in_row


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    with running_site(database_url) as served:
        yield served


@dataclass(frozen=True)
class Person:
    """A user and a sign-in of theirs."""

    user: MadeUser
    opened: OpenedSignIn

    @property
    def topic(self) -> str:
        return f"user:{self.user.id}"


@pytest.fixture
async def person(database: Database) -> Person:
    """Somebody who may do everything."""
    return await signed_in(database, "administrator")


async def signed_in(database: Database, *roles: str, **facts: object) -> Person:
    user = await make_user(database, *roles, **facts)  # type: ignore[arg-type]
    return Person(user, await sign_in_row(database, user.id))


async def happen(database: Database, *names: str) -> None:
    """Record an event on the topic ``organisation`` for each name, all in one transaction."""
    async with database.transaction() as tx:
        for name in names:
            tx.record(UserChanged(user_id=name, version=1))
