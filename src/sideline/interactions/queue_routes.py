"""HTTP: queues, their members, and result codes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ControllerRouterHandler

from sideline.interactions import queue_commands, queue_queries
from sideline.interactions.bodies import QueueIn, QueuePatch, ResultCodeIn, ResultCodePatch
from sideline.interactions.queue_schemas import QueueDetailOut, QueueOut, QueueTarget, ResultCodeOut
from sideline.kit.edge import database_of, run
from sideline.people.identity import SignedIn
from sideline.rules.permissions import Permission

_TAGS = ["queues"]


@get("/api/queues", tags=_TAGS)
async def get_queues(request: Request[Any, Any, Any], me: SignedIn) -> list[QueueOut]:
    """Return the queues that one may see, by name."""
    if not me.may_at_all(Permission.MANAGE_QUEUES):
        me.require_at_all(Permission.VIEW_QUEUES)
    async with database_of(request).reading() as connection:
        return await queue_queries.list_queues(connection, me)


@get("/api/queues/transfer-targets", tags=_TAGS)
async def get_transfer_targets(
    request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromQuery[UUID | None] = None
) -> list[QueueTarget]:
    """Return the queues that a call, or the one given, can be transferred to, each with why not now."""
    me.require_at_all(Permission.TAKE_CALLS)
    async with database_of(request).reading() as connection:
        return await queue_queries.queue_targets(connection, me, interaction_id and str(interaction_id))


@get("/api/queues/{queue_id:uuid}", tags=_TAGS)
async def get_queue(request: Request[Any, Any, Any], me: SignedIn, queue_id: FromPath[UUID]) -> QueueDetailOut:
    """Return a queue with who takes its calls."""
    async with database_of(request).reading() as connection:
        return await queue_queries.read_queue(connection, me, str(queue_id))


@post("/api/queues", tags=_TAGS)
async def create_queue(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[QueueIn]) -> QueueDetailOut:
    """Make a queue; customers reach it at ``/c/<slug>``."""
    return await run(request, lambda tx: queue_commands.create_queue(tx, me, data), QueueDetailOut)


@patch("/api/queues/{queue_id:uuid}", tags=_TAGS)
async def change_queue(
    request: Request[Any, Any, Any], me: SignedIn, queue_id: FromPath[UUID], data: JSONBody[QueuePatch]
) -> QueueDetailOut:
    """Change what is given of a queue; ``version`` is the one that was read."""
    return await run(request, lambda tx: queue_commands.change_queue(tx, me, str(queue_id), data), QueueDetailOut)


@delete("/api/queues/{queue_id:uuid}", tags=_TAGS)
async def delete_queue(request: Request[Any, Any, Any], me: SignedIn, queue_id: FromPath[UUID]) -> None:
    """Delete a queue that never had an interaction; close one that had."""
    await run(request, lambda tx: queue_commands.delete_queue(tx, me, str(queue_id)), type(None))


@get("/api/result-codes", tags=_TAGS)
async def get_result_codes(request: Request[Any, Any, Any], me: SignedIn) -> list[ResultCodeOut]:
    """Return every result code, by label."""
    async with database_of(request).reading() as connection:
        return await queue_queries.list_result_codes(connection)


@post("/api/result-codes", tags=_TAGS)
async def create_result_code(
    request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[ResultCodeIn]
) -> ResultCodeOut:
    """Make a result code."""
    return await run(request, lambda tx: queue_commands.create_result_code(tx, me, data), ResultCodeOut)


@patch("/api/result-codes/{code_id:uuid}", tags=_TAGS)
async def change_result_code(
    request: Request[Any, Any, Any], me: SignedIn, code_id: FromPath[UUID], data: JSONBody[ResultCodePatch]
) -> ResultCodeOut:
    """Change a result code, or retire it (``is_active``)."""
    return await run(request, lambda tx: queue_commands.change_result_code(tx, me, str(code_id), data), ResultCodeOut)


@delete("/api/result-codes/{code_id:uuid}", tags=_TAGS)
async def delete_result_code(request: Request[Any, Any, Any], me: SignedIn, code_id: FromPath[UUID]) -> None:
    """Delete a result code that no interaction has; retire one that some have."""
    await run(request, lambda tx: queue_commands.delete_result_code(tx, me, str(code_id)), type(None))


ROUTES: Sequence[ControllerRouterHandler] = (
    get_queues,
    get_transfer_targets,
    get_queue,
    create_queue,
    change_queue,
    delete_queue,
    get_result_codes,
    create_result_code,
    change_result_code,
    delete_result_code,
)
