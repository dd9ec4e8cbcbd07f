"""HTTP: one's own presence, and the colleagues one may consult or transfer to."""

from typing import Any

from litestar import Request, get, post
from litestar.params import FromQuery, JSONBody

from sideline.kit.db import Tx
from sideline.kit.edge import database_of, run
from sideline.people import colleagues, presence_commands
from sideline.people.colleagues import ColleagueOut
from sideline.people.fields import refuse_faults
from sideline.people.identity import SignedIn
from sideline.people.policies import read_policies
from sideline.people.presence_schemas import PresenceIn, PresenceOut
from sideline.rules.permissions import Permission

_TAGS = ["presence"]

LONGEST_REASON = 200


@post("/api/presence", status_code=200, tags=_TAGS)
async def choose_presence(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[PresenceIn]) -> PresenceOut:
    """Choose one's presence; during a call it waits for the call's end."""
    return await run(request, lambda tx: _choose(tx, me, data), PresenceOut)


@post("/api/wrap-up/finish", status_code=200, tags=_TAGS)
async def finish_wrap_up(request: Request[Any, Any, Any], me: SignedIn) -> PresenceOut:
    """End one's wrap-up and return to what one had chosen."""
    return await run(request, lambda tx: presence_commands.end_wrap_up(tx, me.user_id), PresenceOut)


@get("/api/colleagues", tags=_TAGS)
async def list_colleagues(
    request: Request[Any, Any, Any], me: SignedIn, search: FromQuery[str | None] = None
) -> list[ColleagueOut]:
    """Return colleagues who take calls, whether each can be reached now; those who can, first."""
    me.require_at_all(Permission.VIEW_DIRECTORY)
    occupations = request.app.state.get(colleagues.OCCUPATIONS)
    async with database_of(request).reading() as connection:
        return await colleagues.list_colleagues(connection, me, (search or "").strip(), occupations)


async def _choose(tx: Tx, me: SignedIn, data: PresenceIn) -> PresenceOut:
    reason = data.reason.strip()
    too_long = len(reason) > LONGEST_REASON
    refuse_faults({"reason": f"A reason has at most {LONGEST_REASON} characters." if too_long else None})
    return await presence_commands.choose(
        tx,
        me.user_id,
        data.status,
        reason,
        may_take_calls=me.may_at_all(Permission.TAKE_CALLS),
        reason_required=(await read_policies(tx.session)).not_ready_reason_required,
    )


HANDLERS = (choose_presence, finish_wrap_up, list_colleagues)
