"""HTTP: an agent's desk and the controls of a call."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from litestar import Request, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ControllerRouterHandler

from sideline.interactions import call_commands, data_commands, new_call
from sideline.interactions.bodies import (
    ConsultIn,
    CustomerCallStarted,
    DialledCallIn,
    InteractionData,
    ResultCodeChosen,
    TransferIn,
)
from sideline.interactions.desk_queries import read_desk
from sideline.interactions.queue_queries import colleagues
from sideline.interactions.queue_schemas import ColleagueOut
from sideline.interactions.schemas import CallOut, DeskOut, InteractionSummary
from sideline.kit.db import Tx
from sideline.kit.edge import database_of, run
from sideline.people.identity import SignedIn

_TAGS = ["calls"]

Control = Callable[[Tx, SignedIn, str], Awaitable[CallOut]]


@get("/api/desk", tags=_TAGS)
async def get_desk(request: Request[Any, Any, Any], me: SignedIn) -> DeskOut:
    """Return the calls that one is on or that ring, the one that one wraps up, and one's presence."""
    async with database_of(request).transaction() as tx:
        return await read_desk(tx, me)


@get("/api/colleagues", tags=_TAGS)
async def get_colleagues(
    request: Request[Any, Any, Any],
    me: SignedIn,
    search: FromQuery[str] = "",
    interaction_id: FromQuery[UUID | None] = None,
) -> list[ColleagueOut]:
    """Return whom one can consult or transfer to, by name (at most 50), each with why not now for the call given."""
    database = database_of(request)
    async with database.reading() as connection:
        now = database.clock.now()
        return await colleagues(connection, me, search, now, interaction_id and str(interaction_id))


async def _control(request: Request[Any, Any, Any], me: SignedIn, interaction_id: UUID, control: Control) -> CallOut:
    return await run(request, lambda tx: control(tx, me, str(interaction_id)), CallOut)


@post("/api/interactions/{interaction_id:uuid}/answer", tags=_TAGS, status_code=200)
async def answer_call(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Answer a call or consult that rings."""
    return await _control(request, me, interaction_id, call_commands.answer)


@post("/api/interactions/{interaction_id:uuid}/decline", tags=_TAGS, status_code=200)
async def decline_call(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Turn down a call or consult that rings; the next agent is rung."""
    return await _control(request, me, interaction_id, call_commands.decline)


@post("/api/interactions/{interaction_id:uuid}/mute", tags=_TAGS, status_code=200)
async def mute_call(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Silence one's own voice to everyone on the call."""
    return await _control(request, me, interaction_id, call_commands.mute)


@post("/api/interactions/{interaction_id:uuid}/unmute", tags=_TAGS, status_code=200)
async def unmute_call(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Let one's voice be heard again."""
    return await _control(request, me, interaction_id, call_commands.unmute)


@post("/api/interactions/{interaction_id:uuid}/hold", tags=_TAGS, status_code=200)
async def hold_call(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Put the customer on hold, with music."""
    return await _control(request, me, interaction_id, call_commands.hold)


@post("/api/interactions/{interaction_id:uuid}/resume", tags=_TAGS, status_code=200)
async def resume_call(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Talk with the held customer again."""
    return await _control(request, me, interaction_id, call_commands.resume)


@post("/api/interactions/{interaction_id:uuid}/consult", tags=_TAGS, status_code=200)
async def consult_agent(
    request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID], data: JSONBody[ConsultIn]
) -> CallOut:
    """Hold the customer and ring another agent; refused while one is being coached."""
    return await run(request, lambda tx: call_commands.consult(tx, me, str(interaction_id), data.user_id), CallOut)


@post("/api/interactions/{interaction_id:uuid}/cancel-consult", tags=_TAGS, status_code=200)
async def cancel_consult(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Let the consulted agent go and talk with the customer again."""
    return await _control(request, me, interaction_id, call_commands.cancel_consult)


@post("/api/interactions/{interaction_id:uuid}/complete-transfer", tags=_TAGS, status_code=200)
async def complete_transfer(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """Leave the customer to the consulted agent."""
    return await _control(request, me, interaction_id, call_commands.complete_transfer)


@post("/api/interactions/{interaction_id:uuid}/transfer", tags=_TAGS, status_code=200)
async def transfer_call(
    request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID], data: JSONBody[TransferIn]
) -> CallOut:
    """Leave, and ring another agent for the customer or put them into a queue."""
    return await run(request, lambda tx: call_commands.transfer(tx, me, str(interaction_id), data), CallOut)


@post("/api/interactions/{interaction_id:uuid}/end", tags=_TAGS, status_code=200)
async def end_call(request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID]) -> CallOut:
    """End the call for everyone; a consulted agent leaves the consult."""
    return await _control(request, me, interaction_id, call_commands.end)


@post("/api/interactions/{interaction_id:uuid}/result-code", tags=_TAGS, status_code=200)
async def set_result_code(
    request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID], data: JSONBody[ResultCodeChosen]
) -> CallOut:
    """Set the outcome of a call that one is or was on."""
    return await run(
        request,
        lambda tx: data_commands.set_result_code(tx, me, str(interaction_id), data.result_code_id),
        CallOut,
    )


@patch("/api/interactions/{interaction_id:uuid}/data", tags=_TAGS)
async def set_interaction_data(
    request: Request[Any, Any, Any], me: SignedIn, interaction_id: FromPath[UUID], data: JSONBody[InteractionData]
) -> InteractionSummary:
    """Set campaign, list, phone number, external id or customer's name; what is left out stays."""
    return await run(request, lambda tx: data_commands.set_data(tx, me, str(interaction_id), data), InteractionSummary)


@post("/api/interactions", tags=_TAGS)
async def dial_customer(
    request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[DialledCallIn]
) -> CustomerCallStarted:
    """Put a customer whom a dialer reached into a queue; their leg connects with the answered token."""
    return await run(request, lambda tx: new_call.dial(tx, me, data), CustomerCallStarted, holds_secret=True)


ROUTES: Sequence[ControllerRouterHandler] = (
    get_desk,
    get_colleagues,
    answer_call,
    decline_call,
    mute_call,
    unmute_call,
    hold_call,
    resume_call,
    consult_agent,
    cancel_consult,
    complete_transfer,
    transfer_call,
    end_call,
    set_result_code,
    set_interaction_data,
    dial_customer,
)
