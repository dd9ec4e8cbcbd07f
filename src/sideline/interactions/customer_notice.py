"""What the customer's page says about someone who joined, kept by the engagements slice (V6)."""

from sqlalchemy import select

from sideline.interactions.call_news import record_for_customer
from sideline.interactions.models import ParticipantRow
from sideline.interactions.summaries import summary
from sideline.kit.db import Tx
from sideline.rules.audibility import Purpose


async def set_notice(tx: Tx, interaction_id: str, notice: str) -> None:
    """Show ``notice`` (empty: none) on the customer's page; whether to do so is policy, and the caller's to know."""
    customer = await tx.session.scalar(
        select(ParticipantRow).where(
            ParticipantRow.interaction_id == interaction_id,
            ParticipantRow.purpose == Purpose.CUSTOMER.value,
            ParticipantRow.notice != notice,
        )
    )
    if customer is None:
        return
    customer.notice = notice
    await tx.session.flush()
    await record_for_customer(tx, await summary(tx.session, interaction_id))
