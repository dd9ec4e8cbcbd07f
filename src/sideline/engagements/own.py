"""A supervisor's own engagement, with what they may do with it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.abilities import of_own
from sideline.engagements.facts import ENDED
from sideline.engagements.live_rows import as_rule, compose_rows
from sideline.engagements.models import EngagementRow
from sideline.engagements.schemas import EngagementOut, engagement_out
from sideline.engagements.standing import BROWSER
from sideline.engagements.summaries import read_summaries
from sideline.interactions.summaries import summary
from sideline.people.identity import SignedIn


async def own_engagement(connection: AsyncConnection, me: SignedIn) -> EngagementOut | None:
    """Return the engagement of ``me`` that has not ended, None if there is none."""
    found = await read_summaries(connection, EngagementRow.supervisor_id == me.user_id, EngagementRow.state != ENDED)
    if not found:
        return None
    own = found[0]
    (row,) = await compose_rows(connection, me, [await summary(connection, own.interaction_id)])
    address = ""
    if own.phone_kind != BROWSER:
        address = await connection.scalar(select(EngagementRow.phone_address).where(EngagementRow.id == own.id)) or ""
    return engagement_out(own, of_own(as_rule(own), row.targets.get(own.target_participant_id, {})), address)
