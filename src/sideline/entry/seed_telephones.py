"""The demo on a PBX: which telephone each bot has, and what the PBX calls the demo's queues.

Written at each start, for the demo organisation may be older than the wish to see it on a PBX.
"""

from sqlalchemy import select, update

from sideline.entry.seed_people import QUEUES, USERS, email_of
from sideline.interactions.models import QueueRow
from sideline.kit.db import Database
from sideline.kit.ids import new_id
from sideline.people.models import PhoneRow, UserRow

FIRST_TELEPHONE = 1001

TELEPHONES = {
    user.email_name: str(FIRST_TELEPHONE + place) for place, user in enumerate(user for user in USERS if user.is_bot)
}
"""The telephone of each bot, by e-mail name."""


async def seed_telephones(database_url: str) -> None:
    """Give the demo's bots and queues what they lack to be known to the laboratory's PBX."""
    emails = {email_of(name): telephone for name, telephone in TELEPHONES.items()}
    database = Database(database_url, pool_size=2)
    try:
        async with database.transaction() as tx:
            has_one = select(PhoneRow.user_id).where(PhoneRow.kind == "sip")
            lacking = select(UserRow.id, UserRow.email).where(UserRow.email.in_(emails), UserRow.id.not_in(has_one))
            for user_id, email in (await tx.session.execute(lacking)).tuples().all():
                await tx.session.execute(update(PhoneRow).where(PhoneRow.user_id == user_id).values(is_selected=False))
                tx.session.add(
                    PhoneRow(
                        id=new_id(),
                        user_id=user_id,
                        kind="sip",
                        label="Desk phone",
                        address=f"sip:{emails[email]}@pbx",
                        is_selected=True,
                    )
                )
            for queue in QUEUES:
                if not queue.members:
                    nameless = update(QueueRow).where(QueueRow.slug == queue.slug, QueueRow.pbx_queue == "")
                    await tx.session.execute(nameless.values(pbx_queue=queue.slug))
            tx.wake("phones")
    finally:
        await database.aclose()
