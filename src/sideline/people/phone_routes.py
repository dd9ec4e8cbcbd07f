"""HTTP: phones."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from sideline.kit.edge import database_of, run
from sideline.kit.sip_addresses import trunk_endpoint
from sideline.people import phone_commands, phone_queries
from sideline.people.identity import SignedIn
from sideline.people.phone_schemas import NewPhone, PhoneChange, PhoneOut

_TAGS = ["phones"]


@get("/api/phones", tags=_TAGS)
async def list_phones(request: Request[Any, Any, Any], me: SignedIn) -> list[PhoneOut]:
    """Return one's own phones, the selected one first."""
    return await _phones_of(request, me, me.user_id)


@get("/api/users/{user_id:uuid}/phones", tags=_TAGS)
async def list_phones_of_user(request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID]) -> list[PhoneOut]:
    """Return a user's phones, the selected one first."""
    return await _phones_of(request, me, str(user_id))


@post("/api/phones", tags=_TAGS)
async def add_phone(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[NewPhone]) -> PhoneOut:
    """Add a desk phone or a number of one's own."""
    voice, trunk = _voice(request), _trunk(request)
    return await run(request, lambda tx: phone_commands.add_phone(tx, me, me.user_id, data, voice, trunk), PhoneOut)


@post("/api/users/{user_id:uuid}/phones", tags=_TAGS)
async def add_phone_of_user(
    request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID], data: JSONBody[NewPhone]
) -> PhoneOut:
    """Add a desk phone or a number of a user."""
    voice, trunk = _voice(request), _trunk(request)
    return await run(request, lambda tx: phone_commands.add_phone(tx, me, str(user_id), data, voice, trunk), PhoneOut)


@patch("/api/phones/{phone_id:uuid}", tags=_TAGS)
async def change_phone(
    request: Request[Any, Any, Any], me: SignedIn, phone_id: FromPath[UUID], data: JSONBody[PhoneChange]
) -> PhoneOut:
    """Change a phone's address, label or whether it answers by itself."""
    voice, trunk = _voice(request), _trunk(request)
    return await run(
        request, lambda tx: phone_commands.change_phone(tx, me, str(phone_id), data, voice, trunk), PhoneOut
    )


@post("/api/phones/{phone_id:uuid}/select", status_code=200, tags=_TAGS)
async def select_phone(request: Request[Any, Any, Any], me: SignedIn, phone_id: FromPath[UUID]) -> PhoneOut:
    """Use this phone from the next call on."""
    voice = _voice(request)
    return await run(request, lambda tx: phone_commands.select_phone(tx, me, str(phone_id), voice), PhoneOut)


@delete("/api/phones/{phone_id:uuid}", tags=_TAGS)
async def delete_phone(request: Request[Any, Any, Any], me: SignedIn, phone_id: FromPath[UUID]) -> None:
    """Delete a desk phone or a number."""
    await run(request, lambda tx: phone_commands.delete_phone(tx, me, str(phone_id)), type(None))


async def _phones_of(request: Request[Any, Any, Any], me: SignedIn, user_id: str) -> list[PhoneOut]:
    async with database_of(request).reading() as connection:
        return await phone_queries.phones_of(connection, me, user_id, _voice(request))


def _voice(request: Request[Any, Any, Any]) -> str:
    return request.app.state.settings.voice


def _trunk(request: Request[Any, Any, Any]) -> str:
    return trunk_endpoint(request.app.state.settings.asterisk_trunk)


HANDLERS = (
    list_phones,
    list_phones_of_user,
    add_phone,
    add_phone_of_user,
    change_phone,
    select_phone,
    delete_phone,
)
