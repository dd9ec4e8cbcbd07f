"""Who is at the other end of a socket, and what they may hear."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.interactions.models import ParticipantRow
from sideline.people.identity import SignedIn
from sideline.people.sign_in.authentication import token_hash
from sideline.people.sign_in.who import still_signed_in, who_has_key
from sideline.realtime.topics import allowed_topics, own_topic_of_customer

_CUSTOMER = select(ParticipantRow.id).where(ParticipantRow.token_hash == bindparam("token_hash"))


class Audience(Protocol):
    """Who listens on a socket."""

    @property
    def name(self) -> str:
        """Return whose sockets are counted together."""
        ...

    @property
    def own_topics(self) -> frozenset[str]:
        """Return the topics that are subscribed without being asked for."""
        ...

    async def allowed(self, connection: AsyncConnection, topics: Iterable[str]) -> frozenset[str]:
        """Return those of ``topics`` that may be heard."""
        ...

    async def now(self, connection: AsyncConnection, moment: datetime) -> "Audience | None":
        """Return the same audience with the rights of ``moment``; None if it is one no more."""
        ...


class UserAudience:
    """A signed-in user, or a program with that user's API key."""

    own_topics: frozenset[str] = frozenset()

    def __init__(self, me: SignedIn, api_key_hash: bytes | None = None) -> None:
        self.me = me
        self._api_key_hash = api_key_hash

    @property
    def name(self) -> str:
        """Return the user's subject."""
        return self.me.subject

    async def allowed(self, connection: AsyncConnection, topics: Iterable[str]) -> frozenset[str]:
        """Return those of ``topics`` that the user may hear."""
        return await allowed_topics(connection, self.me, topics)

    async def now(self, connection: AsyncConnection, moment: datetime) -> "UserAudience | None":
        """Return the user with the rights of ``moment``; None if sign-in or key is valid no more."""
        if self._api_key_hash is None:
            me = await still_signed_in(connection, self.me, moment)
        else:
            who = await who_has_key(connection, self._api_key_hash)
            me = None if who is None else who.signed_in(self.me.address, None)
        return None if me is None else UserAudience(me, self._api_key_hash)


class CustomerAudience:
    """The customer of one call, known by the secret of their call."""

    def __init__(self, participant_id: str) -> None:
        self.name = f"customer:{participant_id}"
        self.own_topics = frozenset({own_topic_of_customer(participant_id)})

    async def allowed(self, connection: AsyncConnection, topics: Iterable[str]) -> frozenset[str]:
        """Return the customer's own topic, if it is among ``topics``."""
        return self.own_topics.intersection(topics)

    async def now(self, connection: AsyncConnection, moment: datetime) -> "CustomerAudience | None":
        """Return the customer: the secret is good for as long as the call is kept."""
        return self


async def customer_with_token(connection: AsyncConnection, token: str) -> CustomerAudience | None:
    """Return the customer whose secret ``token`` is, None if it is nobody's."""
    row: Any = (await connection.execute(_CUSTOMER, {"token_hash": token_hash(token)})).one_or_none()
    return None if row is None else CustomerAudience(row.id)
