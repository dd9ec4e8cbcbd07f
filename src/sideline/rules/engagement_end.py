"""When an engagement ends, and why: after a step of the call, and after what its phone did."""

from enum import StrEnum

from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import Happening, Step
from sideline.rules.engagement import Engagement, EngagementPolicy, EngagementState


class EndReason(StrEnum):
    """Why an engagement ended, for its history and for the supervisor to read."""

    SUPERVISOR_STOPPED = "supervisor_stopped"
    DISCONNECTED = "disconnected"
    AGENT_TRANSFERRED = "agent_transferred"
    AGENT_LEFT = "agent_left"
    AGENT_REMOVED = "agent_removed"
    CALL_ENDED = "call_ended"
    CUSTOMER_LEFT = "customer_left"
    TRANSFERRED_AWAY = "transferred_away"
    NOT_PERMITTED_ANY_MORE = "not_permitted_any_more"
    SIGNED_OUT = "signed_out"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    PHONE_LOST = "phone_lost"
    ENGINE_LOST = "engine_lost"
    PBX_AWAY = "pbx_away"
    TAKE_OVER_FAILED = "take_over_failed"


class PhoneEvent(StrEnum):
    """What became of the supervisor's phone."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    HUNG_UP = "hung_up"
    LOST = "lost"


_TRANSFERS = frozenset({Happening.TRANSFERRED, Happening.BLIND_TRANSFERRED, Happening.TRANSFERRED_TO_QUEUE})
_NEW_IN_CONTROL = _TRANSFERS | {Happening.ANSWERED, Happening.TOOK_OVER}


def after_step(
    engagement: Engagement, step: Step, policy: EngagementPolicy, *, may_monitor_next: bool = True
) -> EndReason | None:
    """Return why this step of the call ends the engagement, None where it goes on.

    Ask it of every engagement of the call that has not ended; the one by which
    the call is taken over goes on.
    ``may_monitor_next`` tells whether the supervisor may go on in their mode
    with whoever the step brings to the customer, an agent or one who takes the
    call over: who follows a customer does not thereby hear somebody that they
    have no right to hear. With nobody in sight yet (a transfer to a queue)
    pass True; it is asked again when somebody answers.
    """
    kinds = {each.kind for each in step.happened}
    if any(each.kind == Happening.TOOK_OVER and each.seat_id == engagement.id for each in step.happened):
        return None
    if engagement.state == EngagementState.ENDED or not kinds:
        return None
    if Happening.CUSTOMER_LEFT in kinds:
        return EndReason.CUSTOMER_LEFT
    if kinds & {Happening.ENDED, Happening.VANISHED}:
        return EndReason.CALL_ENDED
    if engagement.mode == Mode.BARGE_KICK:
        return _after_own_seat(engagement, step, kinds)
    if engagement.target_purpose == Purpose.CUSTOMER:
        return _after_customers_side(engagement, kinds, policy, may_monitor_next)
    return _after_targets_seat(engagement, step, kinds)


def after_phone(event: PhoneEvent) -> EndReason | None:
    """Return why this event of the supervisor's phone ends the engagement (V10), None for an answer.

    ``LOST`` is reported once the time to reconnect is over. Who hangs up a
    phone that had answered stops thereby.
    """
    match event:
        case PhoneEvent.ANSWERED:
            return None
        case PhoneEvent.NO_ANSWER:
            return EndReason.NO_ANSWER
        case PhoneEvent.BUSY:
            return EndReason.BUSY
        case PhoneEvent.REFUSED:
            return EndReason.REFUSED
        case PhoneEvent.UNREACHABLE:
            return EndReason.UNREACHABLE
        case PhoneEvent.HUNG_UP:
            return EndReason.SUPERVISOR_STOPPED
        case PhoneEvent.LOST:
            return EndReason.PHONE_LOST


def _after_own_seat(engagement: Engagement, step: Step, kinds: set[Happening]) -> EndReason | None:
    seat = step.call.seat(engagement.id)
    if seat is not None and seat.is_live:
        return None
    if Happening.TAKE_OVER_FAILED in kinds:
        return EndReason.TAKE_OVER_FAILED
    return EndReason.TRANSFERRED_AWAY if kinds & _TRANSFERS else EndReason.PHONE_LOST


def _after_customers_side(
    engagement: Engagement, kinds: set[Happening], policy: EngagementPolicy, may_go_on: bool
) -> EndReason | None:
    if kinds & _TRANSFERS and not (policy.monitor_follows_customer and engagement.mode == Mode.MONITOR):
        return EndReason.AGENT_TRANSFERRED
    if kinds & _NEW_IN_CONTROL and not may_go_on:
        return EndReason.AGENT_REMOVED if Happening.TOOK_OVER in kinds else EndReason.AGENT_TRANSFERRED
    return None


def _after_targets_seat(engagement: Engagement, step: Step, kinds: set[Happening]) -> EndReason | None:
    seat = step.call.seat(engagement.target_id)
    if seat is not None and seat.is_live:
        return None
    if Happening.TOOK_OVER in kinds:
        return EndReason.AGENT_REMOVED
    return EndReason.AGENT_TRANSFERRED if kinds & _TRANSFERS else EndReason.AGENT_LEFT
