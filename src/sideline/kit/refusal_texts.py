"""What a person reads for each refusal code: one sentence, and the HTTP status.

The one table from codes to words; a code without a row fails the tests.
``{name}`` and the like are filled from the refusal's params.
"""

from collections.abc import Sequence

from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode

_C = RefusalCode

TEXTS: dict[RefusalCode, str] = {
    _C.NOT_ALLOWED: "Your roles don't allow this; ask an administrator if you need it.",
    _C.CANNOT_GRANT_MORE_THAN_HELD: "You can't give a right that you don't hold yourself: {permission} ({scope}).",
    _C.LAST_ADMINISTRATOR: "Nobody would be left to manage users and roles; make somebody else an administrator first.",
    _C.TEAM_CYCLE: "A team can't be put below itself; choose another parent.",
    _C.CALL_ENDED: "The call has ended.",
    _C.CALL_NOT_WAITING: "The call isn't waiting in a queue any more.",
    _C.NOT_ON_CALL: "You are not on this call.",
    _C.NOT_RINGING: "The call isn't ringing for you any more.",
    _C.NOT_IN_CONTROL: "Only the person who has the call can do this.",
    _C.ALREADY_ON_THIS_CALL: "This person is on the call already.",
    _C.CONSULTING: "A consult is going on; complete or cancel it first.",
    _C.NOT_CONSULTING: "No consult is going on.",
    _C.CONSULT_NOT_ANSWERED: "The consulted person hasn't answered yet.",
    _C.CONSULT_WHILE_COACHED: "You can't consult anyone while you are being coached.",
    _C.TARGET_NOT_IN_CONTROL: "Only the person who has the call can be taken over from.",
    _C.ON_THE_TELEPHONE: "This call is on your telephone, so use the telephone's own buttons for it.",
    _C.NO_CONSULT_AFTER_TAKE_OVER: "Nobody can be consulted on a call taken from a telephone; transfer it instead.",
    _C.NO_TELEPHONE: "This person has no desk phone that the telephone system could ring.",
    _C.TARGET_NOT_ON_CALL: "This participant isn't on the call any more.",
    _C.PARTICIPANT_OF_THIS_CALL: "You are a participant of this call, so you can't monitor or coach it.",
    _C.ON_ANOTHER_CALL: "You are on another call; finish it first.",
    _C.ALREADY_SUPERVISING: "You are on another interaction already; stop that first.",
    _C.PRESENCE_FORBIDS_SUPERVISING: "Your presence is {presence}; to monitor or coach it has to be {allowed}.",
    _C.NO_PHONE: "Your phone isn't connected; connect it first.",
    _C.BROWSER_PHONE_NEEDED: "This call is heard in the browser only; select your browser as your phone first.",
    _C.PBX_AWAY: "The telephone system can't be reached right now; the call may go on there. Try again in a moment.",
    _C.PHONE_MUST_ANSWER_FIRST: "Your phone has to answer first: monitor or barge, then take the call over.",
    _C.REASON_REQUIRED: "Say why: your organisation asks for a reason.",
    _C.OBSERVE_FIRST: "Monitor the interaction first; then you can change over.",
    _C.COACH_ONLY_AN_AGENT: "Only an agent can be coached.",
    _C.ALREADY_COACHED: "{name} is coaching this agent already.",
    _C.TOO_MANY_BARGING: "{count} supervisors have joined this call already; monitor it, or coach the agent.",
    _C.COACH_WHILE_CONSULTING: "The agent is consulting someone; coaching can start when that is over.",
    _C.ENGAGEMENT_ENDED: "This has ended already.",
    _C.ENGAGEMENT_NOT_CONNECTED: "Your phone isn't connected to the call yet.",
    _C.NOT_YOUR_ENGAGEMENT: "Only the person who monitors or coaches can do this.",
    _C.TOOK_OVER: "You took this call over; it is yours now, so end or transfer it instead.",
    _C.PRESENCE_NOT_CHOOSABLE: "Nobody chooses {presence}: calls, signing in and signing out set that.",
    _C.PRESENCE_REASON_REQUIRED: "Say why you are not ready.",
    _C.QUEUE_NEEDS_TAKE_CALLS: "Your roles don't let you take calls, so you can't go on queue.",
    _C.NOT_IN_WRAP_UP: "You are not in wrap-up.",
    _C.UNREACHABLE: "This person can't be reached now.",
    _C.IS_SUPERVISING: "This person is monitoring or coaching someone now.",
    _C.ALREADY_RINGING: "Another call is ringing for this person.",
}

_FORBIDDEN = {_C.NOT_ALLOWED, _C.CANNOT_GRANT_MORE_THAN_HELD, _C.NOT_IN_CONTROL, _C.NOT_YOUR_ENGAGEMENT, _C.NOT_ON_CALL}
_UNACCEPTABLE = {_C.TEAM_CYCLE, _C.REASON_REQUIRED, _C.PRESENCE_REASON_REQUIRED, _C.PRESENCE_NOT_CHOOSABLE}


PRESENCES: dict[str, str] = {
    Presence.AVAILABLE: "“Available”",
    Presence.ON_QUEUE: "“On queue”",
    Presence.INTERACTING: "“On a call”",
    Presence.WRAP_UP: "“Wrap-up”",
    Presence.NOT_READY: "“Not ready”",
    Presence.OFFLINE: "“Offline”",
}
"""Presences as the screens name them, in the order in which a sentence lists them."""


def refusal_text(refusal: Refusal) -> str:
    """Return the sentence for ``refusal``, its params filled in as words."""
    return TEXTS[refusal.code].format_map({key: _words(key, value) for key, value in refusal.params.items()})


def _words(key: str, value: str) -> str:
    match key:
        case "name":
            return value
        case "presence":
            return PRESENCES.get(value, value.replace("_", " "))
        case "allowed":
            allowed = set(value.split(","))
            return _either([words for each, words in PRESENCES.items() if each in allowed])
        case _:
            return value.replace("_", " ")


def _either(words: Sequence[str]) -> str:
    *others, last = words or ["another"]
    return f"{', '.join(others)} or {last}" if others else last


def refusal_status(refusal: Refusal) -> int:
    """Return the HTTP status: 403 for rights, 422 for what was sent, 409 for the state of things."""
    if refusal.code in _FORBIDDEN:
        return 403
    return 422 if refusal.code in _UNACCEPTABLE else 409
