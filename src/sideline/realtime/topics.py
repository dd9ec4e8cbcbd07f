"""Who may subscribe to what: the audience of an event is data, checked here by permission.

``user:<id>`` is one's own only; ``interactions``, ``presences`` and
``engagements`` need the permission for everything, their ``team-…:<team>``
relatives for that team; ``interaction:<id>`` needs the interaction to be
visible; ``queues`` and ``organisation`` carry nothing but ids and are anyone's
who signed in. What is not known here is refused.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.engagements.events import ENGAGEMENTS, team_engagements_topic
from sideline.interactions.events import (
    INTERACTIONS,
    QUEUES,
    customer_topic,
    interaction_topic,
    team_interactions_topic,
)
from sideline.interactions.queries import is_visible
from sideline.interactions.summaries import summaries
from sideline.kit.ids import is_id
from sideline.people.events import ORGANISATION, PRESENCES, team_presences_topic, user_topic
from sideline.people.identity import SignedIn
from sideline.rules.permissions import Actor, Everything, Permission, Resource, can, scope_of

LONGEST_TOPIC = 80
"""Characters; a longer one is refused unread."""

_OPEN = frozenset({QUEUES, ORGANISATION})

_WHOLE: Mapping[str, Permission] = {
    INTERACTIONS: Permission.VIEW_INTERACTIONS,
    PRESENCES: Permission.VIEW_USERS,
    ENGAGEMENTS: Permission.VIEW_ENGAGEMENTS,
}

_OF_TEAM: Mapping[str, Permission] = {
    team_interactions_topic(""): Permission.VIEW_INTERACTIONS,
    team_presences_topic(""): Permission.VIEW_USERS,
    team_engagements_topic(""): Permission.VIEW_ENGAGEMENTS,
}

_USER = user_topic("")
_INTERACTION = interaction_topic("")
_CUSTOMER = customer_topic("")


async def allowed_topics(connection: AsyncConnection, me: SignedIn, topics: Iterable[str]) -> frozenset[str]:
    """Return those of ``topics`` that ``me`` may hear."""
    allowed: set[str] = set()
    looked_up: set[str] = set()
    for topic in topics:
        if len(topic) > LONGEST_TOPIC:
            continue
        if topic.startswith(_INTERACTION) and is_id(topic.removeprefix(_INTERACTION)):
            looked_up.add(topic.removeprefix(_INTERACTION))
        elif holds_right(me.actor, topic):
            allowed.add(topic)
    if looked_up:
        found = await summaries(connection, sorted(looked_up))
        allowed.update(interaction_topic(each.id) for each in found if is_visible(me, each))
    return frozenset(allowed)


def holds_right(actor: Actor, topic: str) -> bool:
    """Return whether ``actor`` may hear ``topic``, as far as that follows from rights alone."""
    if topic in _OPEN:
        return True
    if topic in _WHOLE:
        return isinstance(scope_of(actor, _WHOLE[topic]), Everything)
    kind, colon, name = topic.partition(":")
    if kind + colon == _USER:
        return name == actor.user_id
    permission = _OF_TEAM.get(kind + colon)
    return permission is not None and is_id(name) and can(actor, permission, Resource(frozenset({name})))


def own_topic_of_customer(participant_id: str) -> str:
    """Return the only topic that a customer may hear."""
    return customer_topic(participant_id)
