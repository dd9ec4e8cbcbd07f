"""Who a customer is: whoever holds the token of their one call."""

from typing import Any

import msgspec
from litestar.datastructures import Headers
from litestar.types import Scope
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from sideline.kit.db import Database
from sideline.kit.problems import Problem
from sideline.people.sign_in.authentication import token_hash

TOKEN_HEADER = "x-customer-token"  # noqa: S105 (a header's name)


class Customer(msgspec.Struct, frozen=True):
    """A customer on their call, or after it."""

    participant_id: str
    interaction_id: str

    @property
    def subject(self) -> str:
        """Return who sends, as far as idempotency is concerned."""
        return f"customer:{self.participant_id}"


_BY_TOKEN = text(
    "SELECT id::text AS participant_id, interaction_id::text AS interaction_id "
    "FROM participants WHERE token_hash = :hash"
)


async def customer_with_token(connection: AsyncConnection | AsyncSession, token: str) -> Customer | None:
    """Return whose token this is, None if it is nobody's."""
    row: Any = (await connection.execute(_BY_TOKEN, {"hash": token_hash(token)})).one_or_none()
    return None if row is None else Customer(row.participant_id, row.interaction_id)


async def provide_customer(scope: Scope) -> Customer:
    """Return the customer whose token the request carries. Raises Problem 401 ``unknown_call``."""
    database: Database = scope["litestar_app"].state.database
    async with database.reading() as connection:
        customer = await customer_with_token(connection, Headers.from_scope(scope).get(TOKEN_HEADER, ""))
    if customer is None:
        raise unknown_call()
    scope["user"] = customer
    return customer


def unknown_call() -> Problem:
    """Return the problem of a token that is nobody's."""
    return Problem(401, "unknown_call", "This call is not known here; start a new one.")
