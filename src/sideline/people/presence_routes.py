"""HTTP: one's own presence."""

from typing import Any

from litestar import Request, post
from litestar.params import JSONBody

from sideline.kit.db import Tx
from sideline.kit.edge import run
from sideline.people import presence_commands
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


HANDLERS = (choose_presence, finish_wrap_up)
