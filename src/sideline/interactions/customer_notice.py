"""What the customer's page says about someone who joined, kept by the engagements slice (V6)."""

from sideline.interactions.call_facts import LoadedCall
from sideline.interactions.call_news import record_for_customer
from sideline.interactions.summaries import summary
from sideline.kit.db import Tx


async def set_notice(tx: Tx, loaded: LoadedCall, notice: str) -> None:
    """Show ``notice`` (empty: none) on the customer's page; whether to do so is policy, and the caller's to know."""
    customer = loaded.participant(loaded.call.customer.id)
    if customer.notice == notice:
        return
    customer.notice = notice
    await tx.session.flush()
    await record_for_customer(tx, await summary(tx.session, loaded.row.id))
