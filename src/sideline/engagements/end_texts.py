"""What is read when an engagement or a stretch of one has ended: one sentence for each reason."""

from sideline.engagements.segments import LOST, SWITCHED
from sideline.rules.engagement_end import EndReason

_R = EndReason

END_TEXTS: dict[EndReason, str] = {
    _R.SUPERVISOR_STOPPED: "You stopped.",
    _R.DISCONNECTED: "{by} disconnected you.",
    _R.AGENT_TRANSFERRED: "The agent transferred the call.",
    _R.AGENT_LEFT: "The agent is no longer on the call.",
    _R.AGENT_REMOVED: "Somebody took the call over from the agent.",
    _R.CALL_ENDED: "The call was ended.",
    _R.CUSTOMER_LEFT: "The customer hung up.",
    _R.TRANSFERRED_AWAY: "You transferred the call.",
    _R.NOT_PERMITTED_ANY_MORE: "Your rights changed: you may no longer do this on this call.",
    _R.SIGNED_OUT: "You signed out.",
    _R.NO_ANSWER: "Your phone didn't connect in time.",
    _R.BUSY: "Your phone was busy.",
    _R.REFUSED: "Your phone refused the call.",
    _R.UNREACHABLE: "Your phone couldn't be reached: it isn't registered, or its address or number leads nowhere.",
    _R.PHONE_LOST: "Your phone lost its connection and didn't come back in time.",
    _R.ENGINE_LOST: "The voice engine stopped and your phone didn't come back in time.",
    _R.PBX_AWAY: "The telephone system couldn't be reached; the call may go on there.",
    _R.TAKE_OVER_FAILED: "The telephone system didn't let you take the call over; the agent still has it.",
}


RUNG_IN_VAIN = "Your phone rang and wasn't answered in time."
"""``no_answer`` of a phone that is rung; a browser has nothing to pick up."""


def end_text(reason: str, ended_by: str | None, *, is_rung: bool = False) -> str:
    """Return the sentence for an end reason, empty for none; ``ended_by`` names who disconnected.

    ``is_rung``: the phone was one that the voice engine rings.
    """
    if is_rung and reason == _R.NO_ANSWER:
        return RUNG_IN_VAIN
    return END_TEXTS[EndReason(reason)].format(by=ended_by or "An administrator") if reason else ""


PAST_END_TEXTS: dict[str, str] = {
    _R.SUPERVISOR_STOPPED: "The supervisor stopped.",
    _R.DISCONNECTED: "{by} disconnected the supervisor.",
    _R.AGENT_TRANSFERRED: "The agent transferred the call.",
    _R.AGENT_LEFT: "The agent was no longer on the call.",
    _R.AGENT_REMOVED: "Somebody took the call over from the agent.",
    _R.CALL_ENDED: "The call was ended.",
    _R.CUSTOMER_LEFT: "The customer hung up.",
    _R.TRANSFERRED_AWAY: "The supervisor transferred the call.",
    _R.NOT_PERMITTED_ANY_MORE: "The supervisor's rights changed.",
    _R.SIGNED_OUT: "The supervisor signed out.",
    _R.NO_ANSWER: "The supervisor's phone didn't connect in time.",
    _R.BUSY: "The supervisor's phone was busy.",
    _R.REFUSED: "The supervisor's phone refused the call.",
    _R.UNREACHABLE: "The supervisor's phone couldn't be reached.",
    _R.PHONE_LOST: "The supervisor's phone lost its connection and didn't come back in time.",
    _R.ENGINE_LOST: "The voice engine stopped and the supervisor's phone didn't come back in time.",
    _R.PBX_AWAY: "The telephone system couldn't be reached, so the supervisor's phone wasn't connected.",
    _R.TAKE_OVER_FAILED: "The telephone system didn't let the supervisor take the call over.",
    SWITCHED: "The supervisor went on in another way.",
    LOST: "The supervisor's phone lost its connection.",
}
"""For the history, whose readers are others too."""


def past_end_text(reason: str, ended_by: str | None) -> str:
    """Return the history's sentence for a segment's end reason; one that has no sentence stands as it is."""
    return PAST_END_TEXTS.get(reason, reason).format(by=ended_by or "An administrator")
