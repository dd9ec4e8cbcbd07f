"""HTTP: what a customer's page needs, without a sign-in; its token is of one call alone."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, get, post
from litestar.di import Provide
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from sideline.interactions import customer_commands, new_call
from sideline.interactions.bodies import CustomerCallIn, CustomerCallStarted, CustomerQueueOut
from sideline.interactions.customer_access import Customer, provide_customer
from sideline.interactions.schemas import CustomerCallOut
from sideline.kit.edge import database_of, run
from sideline.people.sign_in.authentication import address_of

_TAGS = ["customer"]

CUSTOMER = {"customer": Provide(provide_customer)}
"""Dependency of routes for the customer whose token the request carries (``X-Customer-Token``)."""


@get("/api/customer/queues/{slug:str}", tags=_TAGS)
async def get_customer_queue(request: Request[Any, Any, Any], slug: FromPath[str]) -> CustomerQueueOut:
    """Return a queue's name and whether it takes calls now."""
    async with database_of(request).reading() as connection:
        return await customer_commands.read_queue(connection, slug)


@post("/api/customer/calls", tags=_TAGS)
async def start_customer_call(request: Request[Any, Any, Any], data: JSONBody[CustomerCallIn]) -> CustomerCallStarted:
    """Start a call: the answered token is the page's key to it, for this call alone."""
    address = address_of(request.scope)
    return await run(request, lambda tx: new_call.call_in(tx, data, address), CustomerCallStarted, holds_secret=True)


@get("/api/customer/call", tags=_TAGS, dependencies=CUSTOMER)
async def get_customer_call(request: Request[Any, Any, Any], customer: Customer) -> CustomerCallOut:
    """Return how the call stands."""
    async with database_of(request).reading() as connection:
        return await customer_commands.read_own_call(connection, customer)


@post("/api/customer/call/end", tags=_TAGS, status_code=200, dependencies=CUSTOMER)
async def end_customer_call(request: Request[Any, Any, Any], customer: Customer) -> CustomerCallOut:
    """Hang up."""
    return await run(request, lambda tx: customer_commands.hang_up(tx, customer), CustomerCallOut)


ROUTES: Sequence[ControllerRouterHandler] = (
    get_customer_queue,
    start_customer_call,
    get_customer_call,
    end_customer_call,
)
