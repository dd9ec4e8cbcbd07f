"""What each policy may hold, and the plain sentence that says what a value does."""

from collections.abc import Callable
from typing import Any

import msgspec

from sideline.people.policies import Policies
from sideline.people.policy_schemas import PolicyOption, PolicyOut
from sideline.rules.presence import Presence

PRESENCE_WORDS = {
    Presence.AVAILABLE: "Available",
    Presence.ON_QUEUE: "On queue",
    Presence.NOT_READY: "Not ready",
}
"""The presences that a person chooses, as screens name them."""


class Switch(msgspec.Struct, frozen=True):
    """A policy that is on or off."""

    title: str
    on: str
    off: str


class Amount(msgspec.Struct, frozen=True):
    """A policy that is a whole number from ``low`` to ``high``."""

    title: str
    low: int
    high: int
    unit: str
    sentence: Callable[[int], str]


class Choices(msgspec.Struct, frozen=True):
    """A policy that is a list of at least one of the options."""

    title: str
    options: dict[str, str]
    sentence: Callable[[str], str]


KINDS: dict[str, Switch | Amount | Choices] = {
    "observe_first": Switch(
        "Observe first",
        "Coaching and barging start from an interaction that one is monitoring.",
        "Coaching and barging may start straight from a list.",
    ),
    "supervise_presences": Choices(
        "Presences for supervising",
        {str(presence): word for presence, word in PRESENCE_WORDS.items()},
        lambda words: f"Monitoring and coaching can be started by a supervisor whose presence is: {words}.",
    ),
    "tell_agent_of_monitor": Switch(
        "Tell the agent of a monitor",
        "An agent sees who is monitoring their call.",
        "An agent does not see who is monitoring their call; a coach and one who barges in are always shown.",
    ),
    "barge_notice": Switch(
        "Tell the customer of a barge",
        "The customer's page says that somebody has joined the call.",
        "The customer is not told when somebody joins the call.",
    ),
    "follow_on_transfer": Switch(
        "Follow the customer",
        "Who monitors the customer's side goes on with the new agent when the call is transferred.",
        "Monitoring ends when the call is transferred.",
    ),
    "reason_required": Switch(
        "Reason for supervising",
        "Monitoring, coaching and barging ask for a reason, which is kept.",
        "Monitoring, coaching and barging need no reason.",
    ),
    "leg_grace_seconds": Amount(
        "Waiting for a lost phone",
        5,
        120,
        "seconds",
        lambda n: f"A phone that loses its connection has {n} seconds to come back before its call is left.",
    ),
    "missed_offers_until_not_ready": Amount(
        "Missed calls",
        1,
        10,
        "calls",
        lambda n: (
            "An agent becomes not ready "
            + ("after one missed call." if n == 1 else f"after {n} missed calls in a row.")
        ),
    ),
    "not_ready_reason_required": Switch(
        "Reason for not ready",
        "Going not ready asks for a reason.",
        "Going not ready needs no reason.",
    ),
}
"""Every policy of :class:`Policies`, in the order in which a person reads them."""


def values_of(policies: Policies) -> dict[str, Any]:
    """Return each policy's value as it is stored and sent."""
    return msgspec.json.decode(msgspec.json.encode(policies))


_DEFAULTS = values_of(Policies())


def policy_out(key: str, value: Any) -> PolicyOut:
    """Return the policy ``key`` with ``value`` and its effect."""
    kind = KINDS[key]
    default = _DEFAULTS[key]
    match kind:
        case Switch():
            sentence = kind.on if value else kind.off
            return PolicyOut(key=key, title=kind.title, value=value, default=default, kind="boolean", sentence=sentence)
        case Amount():
            return PolicyOut(
                key=key,
                title=kind.title,
                value=value,
                default=default,
                kind="integer",
                sentence=kind.sentence(value),
                low=kind.low,
                high=kind.high,
                unit=kind.unit,
            )
        case Choices():
            words = ", ".join(label for each, label in kind.options.items() if each in value)
            return PolicyOut(
                key=key,
                title=kind.title,
                value=value,
                default=default,
                kind="choices",
                sentence=kind.sentence(words),
                options=[PolicyOption(each, label) for each, label in kind.options.items()],
            )


def value_fault(key: str, value: Any) -> str | None:
    """Return why ``value`` can't be the value of the policy ``key``."""
    match KINDS[key]:
        case Switch():
            return None if isinstance(value, bool) else "This policy is on or off: send true or false."
        case Amount(low=low, high=high, unit=unit):
            is_fit = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
            return None if is_fit else f"This policy is a whole number from {low} to {high} {unit}."
        case Choices(options=options):
            is_fit = isinstance(value, list) and value and all(isinstance(each, str) for each in value)
            if is_fit and set(value) <= options.keys() and len(set(value)) == len(value):
                return None
            return f"Choose at least one of: {', '.join(options.values())}."
