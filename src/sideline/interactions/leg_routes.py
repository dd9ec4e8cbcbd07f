"""HTTP: connecting a phone (a user's, a customer's) and telling that its page goes away."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.types import ControllerRouterHandler

from sideline.interactions import leg_commands
from sideline.interactions.bodies import LegAnswer, LegClose, LegIn, LegOut
from sideline.interactions.customer_access import Customer, customer_with_token, unknown_call
from sideline.interactions.customer_routes import CUSTOMER
from sideline.interactions.leg_answers import LegAnswers
from sideline.interactions.leg_commands import Offered
from sideline.interactions.leg_owner import LegOwner
from sideline.kit.edge import database_of, run
from sideline.kit.problems import Invalid, ProblemOut
from sideline.people.identity import SignedIn
from sideline.people.sign_in.authentication import CSRF_EXEMPT
from sideline.voice.ice import IceServer

_TAGS = ["phones"]

_LATE = {504: ResponseSpec(ProblemOut, description="No voice process answered in time", generate_examples=False)}

LEG_ANSWERS = "leg_answers"
"""Key of the app's state: the process's :class:`LegAnswers`, put there by the composition root."""

ICE_SERVERS = "ice_servers"
"""Key of the app's state: the list of :class:`IceServer` of the installation."""


@post("/api/legs", tags=_TAGS, responses=_LATE)
async def connect_phone(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[LegIn]) -> LegAnswer:
    """Connect one's browser phone: an SDP offer in, the answer of a voice process out (within 5 seconds)."""
    return await _connect(request, LegOwner(user_id=me.user_id), data)


@get("/api/legs/mine", tags=_TAGS)
async def get_my_phone_connection(request: Request[Any, Any, Any], me: SignedIn) -> LegOut | None:
    """Return where one's phone stands and which tab holds it; null if it is not connected."""
    async with database_of(request).reading() as connection:
        return await leg_commands.read_leg(connection, LegOwner(user_id=me.user_id))


@get("/api/legs/ice-servers", tags=_TAGS)
async def get_ice_servers(request: Request[Any, Any, Any], me: SignedIn) -> list[IceServer]:
    """Return the STUN and TURN servers that a phone needs to get through to the voice processes; often none."""
    return request.app.state[ICE_SERVERS]


@delete("/api/legs/{leg_id:uuid}", tags=_TAGS)
async def disconnect_phone(
    request: Request[Any, Any, Any], me: SignedIn, leg_id: FromPath[UUID], generation: FromQuery[int]
) -> None:
    """Disconnect one's phone; on a call one's place is kept for a while, as after a reload."""
    owner = LegOwner(user_id=me.user_id)
    await run(request, lambda tx: leg_commands.hang_up_leg(tx, owner, str(leg_id), generation), type(None))


@post("/api/legs/{leg_id:uuid}/close", tags=_TAGS, status_code=204, opt={CSRF_EXEMPT: True})
async def close_phone(request: Request[Any, Any, Any], me: SignedIn, leg_id: FromPath[UUID]) -> None:
    """Tell, with ``navigator.sendBeacon``, that the page goes away: as disconnecting.

    A beacon carries no header, so this needs no CSRF token; another site can't
    send the cookie along, and the worst it could do is a reconnection.
    """
    closed = await _beacon(request)
    owner = LegOwner(user_id=me.user_id)
    await run(request, lambda tx: leg_commands.hang_up_leg(tx, owner, str(leg_id), closed.generation), type(None))


@post("/api/customer/legs", tags=_TAGS, dependencies=CUSTOMER, responses=_LATE)
async def connect_customer_phone(
    request: Request[Any, Any, Any], customer: Customer, data: JSONBody[LegIn]
) -> LegAnswer:
    """Connect the customer's browser to their call."""
    return await _connect(request, LegOwner(participant_id=customer.participant_id), data)


@get("/api/customer/legs/ice-servers", tags=_TAGS, dependencies=CUSTOMER)
async def get_customer_ice_servers(request: Request[Any, Any, Any], customer: Customer) -> list[IceServer]:
    """Return the STUN and TURN servers that the customer's phone needs; only who has a call learns a relay's secret."""
    return request.app.state[ICE_SERVERS]


@post("/api/customer/legs/{leg_id:uuid}/close", tags=_TAGS, status_code=204)
async def close_customer_phone(request: Request[Any, Any, Any], leg_id: FromPath[UUID]) -> None:
    """Tell, with ``navigator.sendBeacon``, that the customer's page goes away; the token is in the body."""
    closed = await _beacon(request)
    async with database_of(request).reading() as connection:
        customer = await customer_with_token(connection, closed.token)
    if customer is None:
        raise unknown_call()
    owner = LegOwner(participant_id=customer.participant_id)
    await run(request, lambda tx: leg_commands.hang_up_leg(tx, owner, str(leg_id), closed.generation), type(None))


async def _connect(request: Request[Any, Any, Any], owner: LegOwner, asked: LegIn) -> LegAnswer:
    offered = await run(request, lambda tx: leg_commands.offer_leg(tx, owner, asked), Offered)
    answers: LegAnswers = request.app.state[LEG_ANSWERS]
    return await answers.answer(database_of(request), offered)


async def _beacon(request: Request[Any, Any, Any]) -> LegClose:
    # A beacon of text comes as text/plain, one of a Blob as JSON.
    try:
        return msgspec.json.decode(await request.body(), type=LegClose)
    except msgspec.MsgspecError as error:
        raise Invalid({"generation": "Say which generation of the phone's connection is closed."}) from error


ROUTES: Sequence[ControllerRouterHandler] = (
    connect_phone,
    get_my_phone_connection,
    get_ice_servers,
    disconnect_phone,
    close_phone,
    connect_customer_phone,
    get_customer_ice_servers,
    close_customer_phone,
)
