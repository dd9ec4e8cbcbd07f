"""What is answered when PostgreSQL is away, busy, or can't take a value."""

from typing import Any

import structlog
from asyncpg.exceptions import DataError, QueryCanceledError
from asyncpg.exceptions import InterfaceError as DriverError
from litestar import Request, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from sideline.kit.problems import Problem, ProblemOut, handle_failure, problem_response

_log = structlog.get_logger()


def handle_database_fault(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemOut]:
    """Answer an error of the database: 422 for a value it can't hold, 503 while it is away, else 500."""
    cause = _cause(error)
    if isinstance(cause, DataError | UnicodeEncodeError):
        return problem_response(
            Problem(
                422,
                "unacceptable_value",
                "A value can't be stored: it is out of range or has characters that text can't have; "
                "nothing was changed.",
            )
        )
    is_away = isinstance(error, OSError | NoConnectionFree) or (
        isinstance(error, DBAPIError) and (error.connection_invalidated or isinstance(cause, DriverError | OSError))
    )
    if is_away or isinstance(cause, QueryCanceledError):
        _log.warning("database_away", reason=str(error).partition("\n")[0])
        return problem_response(
            Problem(
                503,
                "database_away",
                "The database can't be reached at this moment; nothing of this was kept. Try again in a few seconds.",
                headers={"Retry-After": "2"},
            )
        )
    return handle_failure(request, error)


def _cause(error: Exception) -> BaseException | None:
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    return error.orig.__cause__ or error.orig
