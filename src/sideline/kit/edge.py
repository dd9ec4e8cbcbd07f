"""The edge: where a request becomes exactly one transaction.

``run`` opens the transaction, runs the command, commits, and remembers the
answer under the request's ``Idempotency-Key``, so that a repeated request gets
the first one's answer and is not done twice.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from asyncpg.exceptions import DeadlockDetectedError, SerializationError
from litestar import Request
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from sideline.kit.db import Database, Tx
from sideline.kit.models import RememberedAnswer
from sideline.kit.problems import Problem

T = TypeVar("T")

TRIES = 3
REMEMBERED_FOR = timedelta(days=1)
LONGEST_KEY = 200

_ALREADY_DONE = (
    "This was done already under the same Idempotency-Key; its answer held a secret, which is not kept. "
    "Use a new key to do it again."
)


def database_of(request: Request[Any, Any, Any]) -> Database:
    """Return the process's database, which the composition root put into the app's state."""
    return request.app.state.database


def subject_of(request: Request[Any, Any, Any]) -> str:
    """Return who sends, as far as idempotency is concerned: user, customer's token or address."""
    user = request.scope.get("user")
    return str(getattr(user, "subject", "")) or f"address:{request.client.host if request.client else ''}"


async def transact(database: Database, work: Callable[[Tx], Awaitable[T]]) -> T:
    """Run ``work`` in one transaction, committed here.

    A deadlock or serialization failure is tried again, with fresh facts: locks
    are taken call, then phone, then presence wherever that can be known, and
    who signs out learns of their call last.
    """
    for attempt in range(1, TRIES + 1):
        try:
            async with database.transaction() as tx:
                return await work(tx)
        except DBAPIError as error:
            if attempt == TRIES or not _may_retry(error):
                raise
    raise AssertionError("unreachable")


async def run(
    request: Request[Any, Any, Any],
    command: Callable[[Tx], Awaitable[T]],
    answer: type[T],
    *,
    holds_secret: bool = False,
) -> T:
    """Run ``command`` in one transaction, committed here, and return its answer.

    ``answer`` is the answer's type, needed to read a remembered one. Raises
    :class:`Problem` 409 ``key_reused`` when the key was used for another request.

    With ``holds_secret`` the answer is not kept: a repeated request is told 409
    ``already_done`` instead, for a secret is stored nowhere but as its hash.
    """
    key = request.headers.get("idempotency-key", "")
    if len(key) > LONGEST_KEY:
        raise Problem(
            400, "key_too_long", f"The Idempotency-Key is longer than {LONGEST_KEY} characters; nothing was done."
        )
    fingerprint = await _fingerprint(request) if key else b""

    async def once(tx: Tx) -> T:
        if key:
            remembered = await _claim(tx, subject_of(request), key, fingerprint)
            if remembered is not None:
                if holds_secret:
                    raise Problem(409, "already_done", _ALREADY_DONE)
                return msgspec.json.decode(remembered, type=answer)
        result = await command(tx)
        if key and not holds_secret:
            await _remember(tx, subject_of(request), key, msgspec.json.encode(result))
        return result

    return await transact(database_of(request), once)


async def forget_answers(tx: Tx) -> int:
    """Drop answers remembered for longer than a day; return how many."""
    result = await tx.session.execute(
        delete(RememberedAnswer).where(RememberedAnswer.at < tx.now - REMEMBERED_FOR).returning(RememberedAnswer.key)
    )
    return len(result.all())


async def _fingerprint(request: Request[Any, Any, Any]) -> bytes:
    body = await request.body()
    return hashlib.sha256(
        b"\0".join((request.method.encode(), request.url.path.encode(), request.scope["query_string"], body))
    ).digest()


async def _claim(tx: Tx, subject: str, key: str, fingerprint: bytes) -> bytes | None:
    # The insert waits for a twin that is still running, so the second of two
    # simultaneous requests reads the first one's answer.
    claimed = await tx.session.execute(
        insert(RememberedAnswer)
        .values(subject=subject, key=key, fingerprint=fingerprint, answer=b"", at=tx.now)
        .on_conflict_do_nothing()
        .returning(RememberedAnswer.key)
    )
    if claimed.scalar_one_or_none() is not None:
        return None
    row = (
        await tx.session.execute(
            select(RememberedAnswer.fingerprint, RememberedAnswer.answer).where(
                RememberedAnswer.subject == subject, RememberedAnswer.key == key
            )
        )
    ).one()
    if row.fingerprint != fingerprint:
        raise Problem(
            409, "key_reused", "This Idempotency-Key was used for a different request; nothing was done. Use a new key."
        )
    return row.answer


async def _remember(tx: Tx, subject: str, key: str, answer: bytes) -> None:
    row = await tx.session.get_one(RememberedAnswer, (subject, key))
    row.answer = answer


def _may_retry(error: DBAPIError) -> bool:
    cause = error.orig.__cause__ if error.orig is not None else None
    return isinstance(cause, DeadlockDetectedError | SerializationError)
