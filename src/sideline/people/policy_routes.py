"""HTTP: policies."""

from typing import Any

from litestar import Request, get, put
from litestar.params import FromPath, JSONBody

from sideline.kit.edge import database_of, run
from sideline.people import policy_commands
from sideline.people.identity import SignedIn
from sideline.people.policies import read_policies
from sideline.people.policy_schemas import PolicyIn, PolicyOut

_TAGS = ["policies"]


@get("/api/policies", tags=_TAGS)
async def list_policies(request: Request[Any, Any, Any], me: SignedIn) -> list[PolicyOut]:
    """Return the organisation's policies, each with what its value does."""
    policy_commands.require_policies(me)
    async with database_of(request).reading() as connection:
        return policy_commands.policies_out(await read_policies(connection))


@put("/api/policies/{key:str}", tags=_TAGS)
async def change_policy(
    request: Request[Any, Any, Any], me: SignedIn, key: FromPath[str], data: JSONBody[PolicyIn]
) -> PolicyOut:
    """Give a policy another value."""
    return await run(request, lambda tx: policy_commands.change_policy(tx, me, key, data.value), PolicyOut)


HANDLERS = (list_policies, change_policy)
