"""HTTP: API keys."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody

from sideline.kit.edge import database_of, run
from sideline.people import api_key_commands
from sideline.people.api_key_schemas import ApiKeyOut, MadeApiKey, NewApiKey
from sideline.people.identity import SignedIn

_TAGS = ["api-keys"]


@get("/api/api-keys", tags=_TAGS)
async def list_api_keys(request: Request[Any, Any, Any], me: SignedIn) -> list[ApiKeyOut]:
    """Return one's own API keys and those of users whom one manages."""
    async with database_of(request).reading() as connection:
        return await api_key_commands.list_api_keys(connection, me)


@post("/api/api-keys", tags=_TAGS)
async def make_api_key(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[NewApiKey]) -> MadeApiKey:
    """Make an API key; the answer is the only one that shows it, so an Idempotency-Key does nothing here."""
    # Not through ``run``: a remembered answer would keep the key in clear.
    async with database_of(request).transaction() as tx:
        return await api_key_commands.make_api_key(tx, me, data)


@delete("/api/api-keys/{key_id:uuid}", tags=_TAGS)
async def delete_api_key(request: Request[Any, Any, Any], me: SignedIn, key_id: FromPath[UUID]) -> None:
    """Delete an API key; programs that use it are refused from now on."""
    await run(request, lambda tx: api_key_commands.delete_api_key(tx, me, str(key_id)), type(None))


HANDLERS = (list_api_keys, make_api_key, delete_api_key)
