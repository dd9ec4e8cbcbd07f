"""Which agent is rung for which waiting call.

The call that waits longest comes first; of its queue's members, the agent who
has been idle longest. An agent who just let that call ring is passed over for
a while, so that it reaches somebody else, and then comes into question again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from sideline.rules.presence import Presence, may_be_offered


class OfferingPolicy(msgspec.Struct, frozen=True):
    """How long an agent is rung, then passed over, and how often they may miss.

    Durations in seconds.
    """

    ring_seconds: int = 20
    pass_over_seconds: int = 30
    missed_limit: int = 2


class Candidate(msgspec.Struct, frozen=True):
    """An agent as far as offering goes; ``idle_since`` is the end of their last call or when they came on queue."""

    user_id: str
    queue_ids: frozenset[str]
    presence: Presence
    idle_since: datetime
    is_supervising: bool = False
    has_phone: bool = True
    is_ringing: bool = False


class WaitingCall(msgspec.Struct, frozen=True):
    """A call that waits in a queue; ``unanswered_at`` holds when each agent last let this call ring or declined it."""

    call_id: str
    queue_id: str
    waiting_since: datetime
    unanswered_at: Mapping[str, datetime] = {}


class Offer(msgspec.Struct, frozen=True):
    """Ring this agent for this call."""

    call_id: str
    user_id: str


def pick(call: WaitingCall, candidates: Iterable[Candidate], now: datetime, policy: OfferingPolicy) -> str | None:
    """Return the user to ring for ``call``, None if nobody can be rung now.

    The longest idle; of equals the one whose id sorts first.
    """
    eligible = [each for each in candidates if _is_eligible(call, each, now, policy)]
    return min(eligible, key=lambda each: (each.idle_since, each.user_id)).user_id if eligible else None


def offers(
    calls: Iterable[WaitingCall], candidates: Iterable[Candidate], now: datetime, policy: OfferingPolicy
) -> tuple[Offer, ...]:
    """Return whom to ring now for all waiting calls, nobody twice.

    Calls take their turn by how long they wait; of equals the one whose id
    sorts first.
    """
    free = {each.user_id: each for each in candidates}
    made: list[Offer] = []
    for call in sorted(calls, key=lambda each: (each.waiting_since, each.call_id)):
        user_id = pick(call, free.values(), now, policy)
        if user_id is not None:
            del free[user_id]
            made.append(Offer(call.call_id, user_id))
    return tuple(made)


def look_again_at(calls: Iterable[WaitingCall], now: datetime, policy: OfferingPolicy) -> datetime | None:
    """Return when the next agent who is passed over comes into question again, None if none is."""
    ends = (_passed_over_until(at, policy) for call in calls for at in call.unanswered_at.values())
    return min((end for end in ends if end > now), default=None)


def _is_eligible(call: WaitingCall, agent: Candidate, now: datetime, policy: OfferingPolicy) -> bool:
    if call.queue_id not in agent.queue_ids:
        return False
    refusal = may_be_offered(
        agent.presence, is_supervising=agent.is_supervising, has_phone=agent.has_phone, is_ringing=agent.is_ringing
    )
    if refusal is not None:
        return False
    unanswered_at = call.unanswered_at.get(agent.user_id)
    return unanswered_at is None or _passed_over_until(unanswered_at, policy) <= now


def _passed_over_until(unanswered_at: datetime, policy: OfferingPolicy) -> datetime:
    return unanswered_at + timedelta(seconds=policy.pass_over_seconds)
