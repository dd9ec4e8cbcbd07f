"""Constraints as answers: a name or address that another row has becomes a sentence beside its field."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from asyncpg.exceptions import ForeignKeyViolationError, UniqueViolationError
from sqlalchemy.exc import IntegrityError

from sideline.kit.db import Tx
from sideline.kit.problems import Invalid, Problem


@asynccontextmanager
async def saved_uniquely(tx: Tx, constraints: Mapping[str, tuple[str, str]]) -> AsyncIterator[None]:
    """Save what the block changed; of two who take the same name at once, the second is told.

    ``constraints`` maps a unique constraint's name to the field and the
    sentence for it. Raises Invalid; the transaction is over then.
    """
    try:
        yield
        await tx.session.flush()
    except IntegrityError as error:
        cause = _cause(error)
        broken = str(getattr(cause, "constraint_name", ""))
        if isinstance(cause, UniqueViolationError) and broken in constraints:
            field, sentence = constraints[broken]
            raise Invalid({field: sentence}) from error
        raise


@asynccontextmanager
async def deleted_unless_used(tx: Tx, problem: Problem) -> AsyncIterator[None]:
    """Save the deletion that the block makes; raise ``problem`` where another row still needs it."""
    try:
        yield
        await tx.session.flush()
    except IntegrityError as error:
        if isinstance(_cause(error), ForeignKeyViolationError):
            raise problem from error
        raise


def _cause(error: IntegrityError) -> BaseException | None:
    return error.orig.__cause__ if error.orig is not None else None
