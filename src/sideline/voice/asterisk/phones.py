"""How a supervisor's phone is rung, and what its line's end means. Pure.

Causes are those of Q.850, as Asterisk passes them on.
"""

from typing import Any

import msgspec

from sideline.kit.sip_addresses import user_part
from sideline.voice.asterisk.options import AsteriskOptions
from sideline.voice.engine import NumberPhone, PhoneOutcome, SipPhone

SHOWN_AS = "Sideline"
"""The caller that the rung phone shows."""

_AUTO_ANSWER = {
    "PJSIP_HEADER(add,Alert-Info)": "<http://127.0.0.1>;info=alert-autoanswer;delay=0",
    "PJSIP_HEADER(add,Call-Info)": "<sip:127.0.0.1>;answer-after=0",
}

_NORMAL, _BUSY, _NO_ANSWER, _REJECTED = 16, 17, 19, 21
_UNREACHABLE = frozenset({1, 2, 3, 20, 22, 27, 28, 34, 38, 41, 42, 44, 50, 58, 66, 102})


class Ringing(msgspec.Struct, frozen=True):
    """A request that rings a phone: query and body of ``POST /channels``."""

    query: dict[str, str]
    body: dict[str, Any]


def ringing(phone: SipPhone | NumberPhone, leg: str, options: AsteriskOptions) -> Ringing | None:
    """Return how to ring this phone as the channel ``leg``; None where it can't be reached at all."""
    endpoint = endpoint_of(phone, options)
    if not endpoint:
        return None
    is_auto = isinstance(phone, SipPhone) and phone.auto_answer
    query = {
        "endpoint": endpoint,
        "app": options.app,
        "channelId": leg,
        "timeout": str(options.ring_seconds),
        "callerId": SHOWN_AS,
    }
    return Ringing(query, {"variables": dict(_AUTO_ANSWER)} if is_auto else {})


def endpoint_of(phone: SipPhone | NumberPhone, options: AsteriskOptions) -> str:
    """Return what Asterisk dials; empty for a number without a trunk, or an address without a user."""
    match phone:
        case NumberPhone():
            return options.trunk.replace("{number}", phone.number) if "{number}" in options.trunk else ""
        case SipPhone():
            user = user_part(phone.address)
            return f"{options.technology}/{user}" if user else ""


def outcome(cause: int, *, had_answered: bool, dialstatus: str = "") -> PhoneOutcome:
    """Return what became of a phone whose line is gone.

    ``dialstatus`` is the last that Asterisk told of dialling it; it tells none
    (but RINGING, PROGRESS) where it gave up, so empty means that nothing rang.
    """
    if had_answered:
        return PhoneOutcome.HUNG_UP if cause in (_NORMAL, 0, 127) else PhoneOutcome.LOST
    if dialstatus == "BUSY" or cause == _BUSY:
        return PhoneOutcome.BUSY
    if cause == _REJECTED:
        return PhoneOutcome.REFUSED
    if dialstatus == "CHANUNAVAIL" or cause in _UNREACHABLE or (cause == _NO_ANSWER and not dialstatus):
        return PhoneOutcome.UNREACHABLE
    return PhoneOutcome.NO_ANSWER
