"""What happened on interactions, legs and queues."""

from sideline.interactions.schemas import CustomerCallOut, InteractionSummary
from sideline.kit.event_log import Event
from sideline.people.events import ORGANISATION, user_topic

INTERACTIONS = "interactions"
QUEUES = "queues"


def team_interactions_topic(team_id: str) -> str:
    """Return the topic of the interactions of one team."""
    return f"team-interactions:{team_id}"


def interaction_topic(interaction_id: str) -> str:
    """Return the topic of one interaction."""
    return f"interaction:{interaction_id}"


def customer_topic(participant_id: str) -> str:
    """Return the topic of one customer's call, which only that customer hears."""
    return f"customer:{participant_id}"


class _InteractionEvent(Event, frozen=True, kw_only=True):
    interaction: InteractionSummary
    change: str
    """What happened: a ``rules.call.Happening``, or ``data``, ``result_code``, ``leg``, ``node``, ``place``,
    ``coached``."""
    told_user_ids: tuple[str, ...]
    """Users on the call, or just taken off it, who hear of it on their own topic."""
    is_private: bool = False
    """Nobody but those users hears of it."""

    def topics(self) -> tuple[str, ...]:
        """Return the audience: all, its teams, those who look at it, and the users on it."""
        call = self.interaction
        told = tuple(user_topic(user_id) for user_id in self.told_user_ids)
        if self.is_private:
            return told
        teams = (team_interactions_topic(team_id) for team_id in call.team_ids)
        return (INTERACTIONS, *teams, interaction_topic(call.id), *told)


class InteractionStarted(_InteractionEvent, frozen=True, kw_only=True, tag="interaction.started"):
    """A customer arrived, or a dialer made a call."""


class InteractionChanged(_InteractionEvent, frozen=True, kw_only=True, tag="interaction.changed"):
    """Something of an interaction is different; ``change`` says what."""


class InteractionEnded(_InteractionEvent, frozen=True, kw_only=True, tag="interaction.ended"):
    """The interaction is over."""


class CustomerCallChanged(Event, frozen=True, kw_only=True, tag="customer.call_changed"):
    """The call is different for its customer."""

    participant_id: str
    call: CustomerCallOut

    def topics(self) -> tuple[str, ...]:
        """Return the audience: the customer."""
        return (customer_topic(self.participant_id),)


class _LegEvent(Event, frozen=True, kw_only=True):
    leg_id: str
    user_id: str | None
    participant_id: str | None

    def topics(self) -> tuple[str, ...]:
        """Return the audience: the leg's owner."""
        if self.participant_id is not None:
            return (customer_topic(self.participant_id),)
        return (user_topic(self.user_id or ""),)


class LegStateChanged(_LegEvent, frozen=True, kw_only=True, tag="leg.changed"):
    """A phone's connection has another state, or another browser tab has taken it."""

    state: str
    generation: int
    tab_id: str
    """The tab that holds it; another tab gives its connection up."""


class LegReconnectWanted(_LegEvent, frozen=True, kw_only=True, tag="leg.reconnect_wanted"):
    """The phone must make a new offer: what it should hear is on another voice node now."""

    reason: str
    """``call_moved`` or ``voice_lost``."""


class QueueChanged(Event, frozen=True, kw_only=True, tag="queue.changed"):
    """A queue was made, changed or deleted, or who waits in it changed."""

    queue_id: str

    def topics(self) -> tuple[str, ...]:
        """Return the audience: anyone signed in."""
        return (QUEUES,)


class PbxReachChanged(Event, frozen=True, kw_only=True, tag="pbx.reach_changed"):
    """A PBX can be reached again or no longer: what one may do on its calls is another."""

    node_id: str
    """The life of the PBX's voice node that reached it, or does now."""

    def topics(self) -> tuple[str, ...]:
        """Return the audience: anyone signed in. One event, however many calls the PBX has."""
        return (ORGANISATION,)
