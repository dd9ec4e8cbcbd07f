"""The one way in which a rule says no.

Every ``may_…`` function of this package returns a :class:`Refusal`, or None
where the answer is yes; every step of ``call.py`` and ``presence.py`` returns
its result or a :class:`Refusal`. The idiom is::

    if refusal := may_start(...):
        return refusal

Functions that answer True or False are called ``can``, ``is_…``, ``sees`` or
``would_…``, never ``may_…``, so that the two cannot be taken for each other.
The text and the HTTP status of a code stand in ``kit/problems.py``.
"""

from enum import StrEnum

import msgspec


class RefusalCode(StrEnum):
    """Why a rule said no; the comment of a code names its params."""

    # Permissions
    NOT_ALLOWED = "not_allowed"  # permission
    CANNOT_GRANT_MORE_THAN_HELD = "cannot_grant_more_than_held"  # permission, scope
    LAST_ADMINISTRATOR = "last_administrator"
    TEAM_CYCLE = "team_cycle"

    # The call and its controls
    CALL_ENDED = "call_ended"
    CALL_NOT_WAITING = "call_not_waiting"
    NOT_ON_CALL = "not_on_call"
    NOT_RINGING = "not_ringing"
    NOT_IN_CONTROL = "not_in_control"
    ALREADY_ON_THIS_CALL = "already_on_this_call"
    CONSULTING = "consulting"
    NOT_CONSULTING = "not_consulting"
    CONSULT_NOT_ANSWERED = "consult_not_answered"
    CONSULT_WHILE_COACHED = "consult_while_coached"
    TARGET_NOT_IN_CONTROL = "target_not_in_control"

    # A PBX's call
    ON_THE_TELEPHONE = "on_the_telephone"
    NO_CONSULT_AFTER_TAKE_OVER = "no_consult_after_take_over"
    NO_TELEPHONE = "no_telephone"

    # Engagements
    TARGET_NOT_ON_CALL = "target_not_on_call"
    PARTICIPANT_OF_THIS_CALL = "participant_of_this_call"
    ON_ANOTHER_CALL = "on_another_call"
    ALREADY_SUPERVISING = "already_supervising"  # mode
    PRESENCE_FORBIDS_SUPERVISING = "presence_forbids_supervising"  # presence, allowed
    NO_PHONE = "no_phone"
    BROWSER_PHONE_NEEDED = "browser_phone_needed"
    PBX_AWAY = "pbx_away"
    PHONE_MUST_ANSWER_FIRST = "phone_must_answer_first"
    REASON_REQUIRED = "reason_required"
    OBSERVE_FIRST = "observe_first"  # mode
    COACH_ONLY_AN_AGENT = "coach_only_an_agent"
    ALREADY_COACHED = "already_coached"  # name
    TOO_MANY_BARGING = "too_many_barging"  # count
    COACH_WHILE_CONSULTING = "coach_while_consulting"
    ENGAGEMENT_ENDED = "engagement_ended"
    ENGAGEMENT_NOT_CONNECTED = "engagement_not_connected"
    NOT_YOUR_ENGAGEMENT = "not_your_engagement"
    TOOK_OVER = "took_over"

    # Presence
    PRESENCE_NOT_CHOOSABLE = "presence_not_choosable"  # presence
    PRESENCE_REASON_REQUIRED = "presence_reason_required"
    QUEUE_NEEDS_TAKE_CALLS = "queue_needs_take_calls"
    NOT_IN_WRAP_UP = "not_in_wrap_up"
    UNREACHABLE = "unreachable"  # presence
    IS_SUPERVISING = "is_supervising"
    ALREADY_RINGING = "already_ringing"


class Refusal(msgspec.Struct, frozen=True):
    """A rule's no: a code, and what its text needs to name (all strings)."""

    code: RefusalCode
    params: dict[str, str] = {}
