"""What a person may do with an engagement, or with a participant, now: the rules' answers for the screen."""

from functools import lru_cache

from sideline.kit.abilities import Abilities, ability
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.engagement import (
    Engagement,
    EngagementPolicy,
    EngagementState,
    SupervisorFacts,
    TargetFacts,
    may_disconnect,
    may_mute,
    may_start,
    may_stop,
    may_switch,
)

STOP, MUTE, DISCONNECT = "stop", "mute", "disconnect"


@lru_cache(maxsize=4096)
def modes_towards(
    purpose: Purpose, supervisor: SupervisorFacts, target: TargetFacts, policy: EngagementPolicy
) -> Abilities:
    """Return how ``supervisor`` may begin with a participant; modes that they never may are left out.

    A reason that policy wants is asked when the control is pressed, so its
    lack disables nothing here. Most participants on a board are alike, so
    answers are kept; they are not to be changed.
    """
    return {
        mode.value: ability(may_start(mode, supervisor, target, policy, reason="given when asked"))
        for mode in _conceivable(purpose, supervisor)
    }


@lru_cache(maxsize=4096)
def switches_towards(purpose: Purpose, own: Engagement, supervisor: SupervisorFacts, target: TargetFacts) -> Abilities:
    """Return how ``supervisor`` may go on from their own engagement towards a participant of the same call."""
    return {
        mode.value: ability(may_switch(own, mode, supervisor, target)) for mode in _conceivable(purpose, supervisor)
    }


def of_own(own: Engagement, switches: Abilities) -> Abilities:
    """Return what a supervisor may do with their own engagement; nothing once it has ended.

    ``switches`` are those towards its target. After barge-kick there are none:
    the call's controls take their place.
    """
    if own.state == EngagementState.ENDED:
        return {}
    if own.mode == Mode.BARGE_KICK:
        switches = {}
    return {
        **switches,
        MUTE: ability(may_mute(own, own.supervisor_id)),
        STOP: ability(may_stop(own, own.supervisor_id)),
    }


def of_others(engagement: Engagement, *, may_disconnect_others: bool) -> Abilities:
    """Return what a person may do with an engagement that they see; disconnecting is absent without the permission."""
    if not may_disconnect_others:
        return {}
    return {DISCONNECT: ability(may_disconnect(engagement, is_permitted=True))}


def _conceivable(purpose: Purpose, supervisor: SupervisorFacts) -> list[Mode]:
    of_agents_alone = {Mode.COACH, Mode.BARGE_KICK}
    return [
        mode
        for mode in Mode
        if mode in supervisor.permitted and (purpose == Purpose.AGENT or mode not in of_agents_alone)
    ]
