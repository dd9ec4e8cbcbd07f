"""Two at the same moment: a constraint lets one through, and the other reads who it was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg.exceptions import UniqueViolationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sideline.engagements.models import EngagementRow
from sideline.kit.db import Tx
from sideline.kit.problems import Refused
from sideline.people.models import UserRow
from sideline.rules.audibility import Mode
from sideline.rules.refusals import Refusal, RefusalCode

ONE_COACH = "uq_engagements_coach_live"
ONE_ENGAGEMENT = "uq_engagements_supervisor_live"


@asynccontextmanager
async def first_come(tx: Tx, *, supervisor_id: str, agent_id: str | None) -> AsyncIterator[None]:
    """Save what the block changed, or raise Refused naming who was faster.

    The rules have answered already, from facts that hold for this call; what
    is left to the constraints is what happens on two calls at once, or past
    the lock on one. The second waits for the first's commit and then finds it.
    """
    try:
        async with tx.session.begin_nested():
            yield
    except IntegrityError as error:
        refusal = await _refusal(tx, _constraint(error), supervisor_id, agent_id)
        if refusal is None:
            raise
        raise Refused(refusal) from error


def _constraint(error: IntegrityError) -> str:
    cause = error.orig.__cause__ if error.orig is not None else None
    return str(getattr(cause, "constraint_name", "")) if isinstance(cause, UniqueViolationError) else ""


async def _refusal(tx: Tx, constraint: str, supervisor_id: str, agent_id: str | None) -> Refusal | None:
    match constraint:
        case name if name == ONE_COACH:
            coach = await tx.session.scalar(
                select(UserRow.name)
                .join(EngagementRow, EngagementRow.supervisor_id == UserRow.id)
                .where(
                    EngagementRow.agent_id == agent_id,
                    EngagementRow.mode == Mode.COACH,
                    EngagementRow.state != "ended",
                    EngagementRow.supervisor_id != supervisor_id,
                )
            )
            return Refusal(RefusalCode.ALREADY_COACHED, {"name": coach or "Somebody"})
        case name if name == ONE_ENGAGEMENT:
            mode = await tx.session.scalar(
                select(EngagementRow.mode).where(
                    EngagementRow.supervisor_id == supervisor_id, EngagementRow.state != "ended"
                )
            )
            return Refusal(RefusalCode.ALREADY_SUPERVISING, {"mode": mode or ""})
    return None
