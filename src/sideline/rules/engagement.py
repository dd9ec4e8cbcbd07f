"""May this engagement start, switch, stop; who may see it. Pure answers from plain facts.

``engagement_end.py`` says when one ends by itself, and why.
"""

from enum import StrEnum

import msgspec

from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import Call, CallState
from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode

MOST_BARGING = 2
"""Supervisors who may barge into one call at once: a phone plays four voices, two parties and two more."""


class EngagementState(StrEnum):
    """Where an engagement stands: the supervisor's phone is being connected, is, or no longer is."""

    CONNECTING = "connecting"
    ACTIVE = "active"
    ENDED = "ended"


class EngagementPolicy(msgspec.Struct, frozen=True):
    """What an organisation decided about supervising; the defaults are those it starts with."""

    observe_first: bool = True
    allowed_presences: frozenset[Presence] = frozenset({Presence.AVAILABLE, Presence.NOT_READY})
    reason_required: bool = False
    agents_see_monitors: bool = False
    barge_notice_to_customer: bool = False
    monitor_follows_customer: bool = True


class Engagement(msgspec.Struct, frozen=True):
    """A supervisor's presence on a call.

    ``id`` is the supervisor's participant id on the call, the one that routes
    speak of; after barge-kick it is also the id of their seat. ``target_id``
    is the participant id of the one they chose.
    """

    id: str
    supervisor_id: str
    target_id: str
    target_purpose: Purpose
    mode: Mode
    state: EngagementState = EngagementState.CONNECTING


class PhoneStanding(StrEnum):
    """How a supervisor would hear a call that they are not on yet."""

    CONNECTED = "connected"
    """Their browser is."""
    RUNG = "rung"
    """Their desk phone or number is rung, and answers or not."""
    MISSING = "missing"
    """Their browser, which is their phone, is not connected."""
    BROWSER_NEEDED = "browser_needed"
    """They selected another phone, which does not reach this call, and their browser is not connected."""
    PBX_AWAY = "pbx_away"
    """With none: the PBX that has the call can't be reached."""


def phone_standing(
    *, is_browser_selected: bool, is_browser_connected: bool, is_on_pbx: bool, is_pbx_away: bool = False
) -> PhoneStanding:
    """Return how a supervisor would hear a call, which a PBX has or Sideline itself (V10).

    A PBX reaches any phone, unless it can't be reached itself. A call of Sideline's own is in browsers alone, so
    there the browser is used whatever is selected.
    """
    if is_on_pbx and is_pbx_away:
        return PhoneStanding.PBX_AWAY
    if is_on_pbx and not is_browser_selected:
        return PhoneStanding.RUNG
    if is_browser_connected:
        return PhoneStanding.CONNECTED
    return PhoneStanding.MISSING if is_browser_selected else PhoneStanding.BROWSER_NEEDED


class SupervisorFacts(msgspec.Struct, frozen=True):
    """What matters about the one who wants to supervise, at this moment.

    ``permitted`` holds the modes that ``permissions.can`` allows on this
    target. ``engaged_in`` is the mode of an engagement of theirs that has not
    ended, on any call. What they would hear this call with stands in
    ``phone``.
    """

    user_id: str
    presence: Presence
    permitted: frozenset[Mode]
    phone: PhoneStanding = PhoneStanding.CONNECTED
    is_on_this_call: bool = False
    is_on_another_call: bool = False
    engaged_in: Mode | None = None


class TargetFacts(msgspec.Struct, frozen=True):
    """What matters about the participant to be supervised, at this moment.

    ``is_joined`` is False too where the call has ended or nobody has answered
    it; ``is_in_control`` is False for a consulted agent. ``coached_by`` names
    another supervisor who coaches this agent or whose phone rings to do so;
    ``barging`` counts the other supervisors who barge into the call.
    """

    purpose: Purpose
    is_joined: bool = True
    is_in_control: bool = True
    is_consulting: bool = False
    coached_by: str | None = None
    barging: int = 0


def target_facts(call: Call, seat_id: str, *, coached_by: str | None, barging: int) -> TargetFacts | None:
    """Return what matters about a participant of this call, None if it has no such seat."""
    seat = call.seat(seat_id)
    if seat is None:
        return None
    is_in_control = call.in_control == seat
    return TargetFacts(
        seat.purpose,
        is_joined=seat.is_joined and call.state == CallState.ACTIVE,
        is_in_control=is_in_control,
        is_consulting=is_in_control and call.consulted is not None,
        coached_by=coached_by,
        barging=barging,
    )


def may_start(
    mode: Mode, supervisor: SupervisorFacts, target: TargetFacts, policy: EngagementPolicy, *, reason: str | None = None
) -> Refusal | None:
    """Refuse an engagement that may not start now.

    What concerns the supervisor comes first, then what concerns the target,
    so that the answer names what the supervisor can change themself.
    """
    if mode not in supervisor.permitted:
        return Refusal(RefusalCode.NOT_ALLOWED, {"permission": mode})
    return (
        _may_supervise_now(supervisor, policy)
        or _may_go_straight(mode, supervisor.phone, policy)
        or _may_target(mode, target)
        or _has_reason(reason, policy)
    )


def may_switch(engagement: Engagement, to: Mode, supervisor: SupervisorFacts, target: TargetFacts) -> Refusal | None:
    """Refuse a switch of a running engagement to another mode, or to another target of the same call.

    ``supervisor`` holds facts towards the new target. Presence is not asked:
    who goes not ready keeps the session (V11). Nor is "observe first": who
    switches is on the interaction. A switch to the mode and target that one
    has is allowed and changes nothing. After barge-kick there is no way back,
    the supervisor is in control of the call.
    """
    if refusal := _is_own_and_running(engagement, supervisor.user_id):
        return refusal
    if supervisor.phone == PhoneStanding.PBX_AWAY:
        return Refusal(RefusalCode.PBX_AWAY)
    if engagement.state == EngagementState.CONNECTING:
        return Refusal(RefusalCode.ENGAGEMENT_NOT_CONNECTED)
    if engagement.mode == Mode.BARGE_KICK:
        return Refusal(RefusalCode.TOOK_OVER)
    if to not in supervisor.permitted:
        return Refusal(RefusalCode.NOT_ALLOWED, {"permission": to})
    return _may_target(to, target)


def may_stop(engagement: Engagement, user_id: str) -> Refusal | None:
    """Refuse to stop an engagement that is another's or over, or that would leave a customer alone.

    Who took a call over ends or transfers it instead.
    """
    if refusal := _is_own_and_running(engagement, user_id):
        return refusal
    return Refusal(RefusalCode.TOOK_OVER) if engagement.mode == Mode.BARGE_KICK else None


def may_mute(engagement: Engagement, user_id: str) -> Refusal | None:
    """Refuse to mute an engagement that is another's or over.

    Who took a call over mutes their seat on it (``call_control.mute``) instead.
    """
    return may_stop(engagement, user_id)


def may_disconnect(engagement: Engagement, *, is_permitted: bool) -> Refusal | None:
    """Refuse to end another's engagement without the permission, or one that is over (M2).

    ``is_permitted`` is ``can(actor, DISCONNECT_OTHERS, …)``. One who took a
    call over can be disconnected: ``call_control.leave`` then puts the
    customer back into the queue.
    """
    if not is_permitted:
        return Refusal(RefusalCode.NOT_ALLOWED, {"permission": "disconnect_others"})
    if engagement.state == EngagementState.ENDED:
        return Refusal(RefusalCode.ENGAGEMENT_ENDED)
    return None


class Viewer(msgspec.Struct, frozen=True):
    """Who looks at a call's engagements.

    ``agent_seats`` are the viewer's participant ids as an agent of this call,
    now or before; ``is_permitted`` is ``can(actor, VIEW_ENGAGEMENTS, …)``.
    """

    user_id: str
    is_permitted: bool = False
    agent_seats: frozenset[str] = frozenset()


def sees(viewer: Viewer, engagement: Engagement, policy: EngagementPolicy) -> bool:
    """Return whether the viewer is shown this engagement (V13).

    A supervisor always sees their own. An agent of the call sees who barges in
    or takes over, who coaches them, and who monitors only where policy says
    so; their permissions, if they have any, count for the calls of others.
    """
    if engagement.supervisor_id == viewer.user_id:
        return True
    if not viewer.agent_seats:
        return viewer.is_permitted
    match engagement.mode:
        case Mode.MONITOR:
            return policy.agents_see_monitors
        case Mode.COACH:
            return engagement.target_id in viewer.agent_seats
        case Mode.BARGE | Mode.BARGE_KICK:
            return True


def _may_supervise_now(supervisor: SupervisorFacts, policy: EngagementPolicy) -> Refusal | None:
    if supervisor.is_on_this_call:
        return Refusal(RefusalCode.PARTICIPANT_OF_THIS_CALL)
    if supervisor.is_on_another_call:
        return Refusal(RefusalCode.ON_ANOTHER_CALL)
    if supervisor.engaged_in is not None:
        return Refusal(RefusalCode.ALREADY_SUPERVISING, {"mode": supervisor.engaged_in})
    if supervisor.presence not in policy.allowed_presences:
        params = {"presence": supervisor.presence, "allowed": ",".join(sorted(policy.allowed_presences))}
        return Refusal(RefusalCode.PRESENCE_FORBIDS_SUPERVISING, params)
    match supervisor.phone:
        case PhoneStanding.MISSING:
            return Refusal(RefusalCode.NO_PHONE)
        case PhoneStanding.BROWSER_NEEDED:
            return Refusal(RefusalCode.BROWSER_PHONE_NEEDED)
        case PhoneStanding.PBX_AWAY:
            return Refusal(RefusalCode.PBX_AWAY)
        case PhoneStanding.CONNECTED | PhoneStanding.RUNG:
            return None


def _may_go_straight(mode: Mode, phone: PhoneStanding, policy: EngagementPolicy) -> Refusal | None:
    if policy.observe_first and mode != Mode.MONITOR:
        return Refusal(RefusalCode.OBSERVE_FIRST, {"mode": mode})
    if mode == Mode.BARGE_KICK and phone == PhoneStanding.RUNG:
        # Else the customer would wait alone for a phone that may never be picked up.
        return Refusal(RefusalCode.PHONE_MUST_ANSWER_FIRST)
    return None


def _may_target(mode: Mode, target: TargetFacts) -> Refusal | None:
    if not target.is_joined:
        return Refusal(RefusalCode.TARGET_NOT_ON_CALL)
    match mode:
        case Mode.COACH:
            return _may_coach(target)
        case Mode.BARGE if target.barging >= MOST_BARGING:
            return Refusal(RefusalCode.TOO_MANY_BARGING, {"count": str(target.barging)})
        case Mode.BARGE_KICK if target.purpose != Purpose.AGENT or not target.is_in_control:
            return Refusal(RefusalCode.TARGET_NOT_IN_CONTROL)
        case _:
            return None


def _may_coach(target: TargetFacts) -> Refusal | None:
    if target.purpose != Purpose.AGENT:
        return Refusal(RefusalCode.COACH_ONLY_AN_AGENT)
    if target.coached_by is not None:
        return Refusal(RefusalCode.ALREADY_COACHED, {"name": target.coached_by})
    if target.is_consulting:
        return Refusal(RefusalCode.COACH_WHILE_CONSULTING)
    return None


def _has_reason(reason: str | None, policy: EngagementPolicy) -> Refusal | None:
    if policy.reason_required and not (reason or "").strip():
        return Refusal(RefusalCode.REASON_REQUIRED)
    return None


def _is_own_and_running(engagement: Engagement, user_id: str) -> Refusal | None:
    if engagement.supervisor_id != user_id:
        return Refusal(RefusalCode.NOT_YOUR_ENGAGEMENT)
    if engagement.state == EngagementState.ENDED:
        return Refusal(RefusalCode.ENGAGEMENT_ENDED)
    return None
