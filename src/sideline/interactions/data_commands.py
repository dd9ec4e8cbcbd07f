"""What is known of an interaction beside the talking: its data, its result code."""

from msgspec import UNSET

from sideline.interactions.bodies import InteractionData
from sideline.interactions.call_commands import load_mine
from sideline.interactions.call_facts import load_call, touch
from sideline.interactions.call_out import call_out
from sideline.interactions.models import ResultCodeRow
from sideline.interactions.queries import resource_of, visible_interaction
from sideline.interactions.schemas import CallOut, InteractionSummary
from sideline.interactions.summaries import summary
from sideline.interactions.timeline import add_mark
from sideline.kit.db import Tx
from sideline.kit.ids import is_id
from sideline.kit.problems import NotFound, Refused
from sideline.people.identity import SignedIn
from sideline.rules import call_control
from sideline.rules.permissions import Permission

DATA = "data"
RESULT_CODE = "result_code"


async def set_data(tx: Tx, me: SignedIn, interaction_id: str, data: InteractionData) -> InteractionSummary:
    """Set campaign, list, phone number, external id or customer's name; a dialer or desktop does, also afterwards.

    Raises NotFound where I may not see the interaction, Refused without the
    permission to set its data.
    """
    loaded = await load_call(tx, interaction_id)
    call = await visible_interaction(tx.session, me, interaction_id)
    me.require(
        Permission.SET_INTERACTION_DATA,
        resource_of(call, me.user_id),
        sees=Permission.VIEW_INTERACTIONS,
        what="interaction",
    )
    sent = {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    changed = {name: value for name, value in sent.items() if getattr(loaded.row, name) != value}
    if not changed:
        return call
    for name, value in changed.items():
        setattr(loaded.row, name, value)
    await touch(tx, loaded, DATA)
    return await summary(tx.session, interaction_id)


async def set_result_code(tx: Tx, me: SignedIn, interaction_id: str, result_code_id: str | None) -> CallOut:
    """Set the outcome of a call that I am or was on; None takes it back. Raises NotFound, Refused."""
    loaded, seat = await load_mine(tx, me, interaction_id)
    refusal = call_control.may_set_result_code(has_joined=loaded.participant(seat.id).joined_at is not None)
    if refusal is not None:
        await visible_interaction(tx.session, me, interaction_id)
        raise Refused(refusal)
    code = None
    if result_code_id is not None:
        code = await tx.session.get(ResultCodeRow, result_code_id) if is_id(result_code_id) else None
        if code is None or not (code.is_active or code.id == loaded.row.result_code_id):
            raise NotFound("result code")
    if loaded.row.result_code_id != result_code_id:
        loaded.row.result_code_id = result_code_id
        await add_mark(tx, interaction_id, RESULT_CODE, participant_id=seat.id, text=code.label if code else "")
        await touch(tx, loaded, RESULT_CODE)
    return await call_out(tx, loaded, me)
