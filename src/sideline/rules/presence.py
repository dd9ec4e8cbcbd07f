"""Presence: what a person may choose, what only calls set, and who may be rung."""

from enum import StrEnum

import msgspec

from sideline.rules.refusals import Refusal, RefusalCode


class Presence(StrEnum):
    """A user's availability."""

    AVAILABLE = "available"
    ON_QUEUE = "on_queue"
    INTERACTING = "interacting"
    WRAP_UP = "wrap_up"
    NOT_READY = "not_ready"
    OFFLINE = "offline"


CHOOSABLE = frozenset({Presence.AVAILABLE, Presence.ON_QUEUE, Presence.NOT_READY})
"""What a person may choose; calls set interacting and wrap-up, signing in and out sets offline."""

MISSED_CALL = "missed_call"
"""Reason of not ready that missed calls set."""


class Standing(msgspec.Struct, frozen=True):
    """Where a person stands, and where they will stand after the call they are on.

    ``reason`` is of NOT_READY alone. ``then`` and ``then_reason`` matter while
    interacting or in wrap-up: what the person had chosen before the call, or
    has chosen since.
    """

    presence: Presence = Presence.OFFLINE
    reason: str | None = None
    then: Presence = Presence.AVAILABLE
    then_reason: str | None = None


def signed_in(standing: Standing) -> Standing:
    """Return the standing at sign-in: available where it was offline, else as it is (a second browser).

    Who is on a telephone's call meanwhile is available after it.
    """
    if standing.presence == Presence.OFFLINE:
        return Standing(Presence.AVAILABLE)
    return msgspec.structs.replace(standing, then=Presence.AVAILABLE) if _is_away(standing) else standing


def signed_out() -> Standing:
    """Return the standing once nobody is signed in as this person; their call is left by ``call_control.leave``."""
    return Standing()


def choose(
    standing: Standing, wanted: Presence, reason: str | None, *, may_take_calls: bool, reason_required: bool = False
) -> Standing | Refusal:
    """Return the standing after a person chose a presence.

    On a call the choice waits for its end; in wrap-up it ends the wrap-up.
    Going on queue needs the permission to take calls; whether not ready needs
    a reason is a policy. A reason counts for not ready alone.
    """
    if wanted not in CHOOSABLE or standing.presence == Presence.OFFLINE:
        return Refusal(RefusalCode.PRESENCE_NOT_CHOOSABLE, {"presence": wanted})
    if wanted == Presence.ON_QUEUE and not may_take_calls:
        return Refusal(RefusalCode.QUEUE_NEEDS_TAKE_CALLS)
    kept = (reason or "").strip() or None if wanted == Presence.NOT_READY else None
    if wanted == Presence.NOT_READY and reason_required and kept is None:
        return Refusal(RefusalCode.PRESENCE_REASON_REQUIRED)
    if standing.presence == Presence.INTERACTING:
        return msgspec.structs.replace(standing, then=wanted, then_reason=kept)
    return Standing(wanted, kept)


def call_joined(standing: Standing) -> Standing:
    """Return the standing of a person who answered a call, a consult, or took a call over.

    Who is offline can do so on a telephone, and is offline again afterwards.
    """
    if standing.presence == Presence.INTERACTING:
        return standing
    if standing.presence == Presence.WRAP_UP:
        return msgspec.structs.replace(standing, presence=Presence.INTERACTING)
    return Standing(Presence.INTERACTING, None, standing.presence, standing.reason)


def call_left(standing: Standing, *, was_in_control: bool) -> Standing:
    """Return the standing of a person whose call is over for them.

    Who was in control wraps up, a removed agent too; a consulted agent goes
    straight back to what they had chosen. Who signed out stays offline, and
    who is not signed in, but on a telephone's call, goes back to that.
    """
    if standing.presence != Presence.INTERACTING:
        return standing
    if _is_away(standing):
        return Standing()
    if was_in_control:
        return msgspec.structs.replace(standing, presence=Presence.WRAP_UP)
    return Standing(standing.then, standing.then_reason)


def _is_away(standing: Standing) -> bool:
    """Return whether the person is on a call without being signed in: with a telephone alone."""
    return standing.presence == Presence.INTERACTING and standing.then == Presence.OFFLINE


def end_wrap_up(standing: Standing) -> Standing | Refusal:
    """Return the standing after wrap-up, ended by the person or by its time limit: what they had chosen."""
    if standing.presence != Presence.WRAP_UP:
        return Refusal(RefusalCode.NOT_IN_WRAP_UP)
    return Standing(standing.then, standing.then_reason)


def call_missed(standing: Standing, missed_in_a_row: int, limit: int) -> Standing:
    """Return the standing of an agent who let a queue's call ring.

    ``missed_in_a_row`` counts this one; from ``limit`` (a policy) on, an agent
    on queue becomes not ready, so that no further customer waits for them.
    """
    if standing.presence == Presence.ON_QUEUE and missed_in_a_row >= limit:
        return Standing(Presence.NOT_READY, MISSED_CALL)
    return standing


def may_be_offered(
    presence: Presence, *, is_supervising: bool, has_phone: bool, is_ringing: bool = False
) -> Refusal | None:
    """Refuse to offer a queue's call to someone off queue, supervising (V11), rung already, or without a phone.

    ``has_phone`` means a phone that is connected now; ``is_supervising``
    counts an engagement whose phone still rings.
    """
    if presence != Presence.ON_QUEUE:
        return Refusal(RefusalCode.UNREACHABLE, {"presence": presence})
    return _may_ring(is_supervising, has_phone, is_ringing)


def may_be_reached(
    presence: Presence, *, is_supervising: bool, has_phone: bool, is_ringing: bool = False
) -> Refusal | None:
    """Refuse a consult with, or a transfer to, someone busy or away; the facts are those of :func:`may_be_offered`.

    Who supervises is busy to whoever asks: that a colleague monitors somebody
    now is not for an agent to know (V2).
    """
    if presence not in (Presence.AVAILABLE, Presence.ON_QUEUE):
        return Refusal(RefusalCode.UNREACHABLE, {"presence": presence})
    if is_supervising:
        return Refusal(RefusalCode.UNREACHABLE, {"presence": Presence.NOT_READY})
    return _may_ring(is_supervising, has_phone, is_ringing)


def _may_ring(is_supervising: bool, has_phone: bool, is_ringing: bool) -> Refusal | None:
    if is_supervising:
        return Refusal(RefusalCode.IS_SUPERVISING)
    if is_ringing:
        return Refusal(RefusalCode.ALREADY_RINGING)
    return None if has_phone else Refusal(RefusalCode.NO_PHONE)
