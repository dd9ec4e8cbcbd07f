"""What a bot does on a call: drawn once, from chance that is handed in. Pure."""

import random
from enum import StrEnum

import msgspec

from sideline.entry.demo.lines import AGENT_LINES, CUSTOMER_LINES

LONGEST_WAIT_SECONDS = 90.0
"""A customer gives up after so long in the queue."""


class Aside(StrEnum):
    """What an agent does in the middle of a call."""

    NOTHING = "nothing"
    HOLD = "hold"
    CONSULT = "consult"
    TRANSFER_TO_QUEUE = "transfer_to_queue"


class AgentPlan(msgspec.Struct, frozen=True):
    """One call of an agent: lines by number, and what happens after which of them."""

    lines: tuple[int, ...]
    aside: Aside
    aside_after: int
    completes_transfer: bool
    """Of a consult: the customer is transferred to the consulted agent."""


class CustomerPlan(msgspec.Struct, frozen=True):
    """One call of a customer."""

    lines: tuple[int, ...]
    hangs_up_rudely: bool
    """In the middle of it, without the last line."""


_ASIDES = (Aside.NOTHING,) * 5 + (Aside.HOLD,) * 4 + (Aside.CONSULT,) * 2 + (Aside.TRANSFER_TO_QUEUE,)


def agent_plan(chance: random.Random) -> AgentPlan:
    """Draw how an agent's call goes: greeting, some lines in order, good-bye."""
    last = len(AGENT_LINES) - 1
    middle = sorted(chance.sample(range(1, last), chance.randint(4, last - 2)))
    return AgentPlan(
        lines=(0, *middle, last),
        aside=chance.choice(_ASIDES),
        aside_after=chance.randint(1, len(middle)),
        completes_transfer=chance.random() < 0.5,
    )


def customer_plan(chance: random.Random) -> CustomerPlan:
    """Draw how a customer's call goes."""
    last = len(CUSTOMER_LINES) - 1
    middle = sorted(chance.sample(range(1, last), chance.randint(4, last - 1)))
    return CustomerPlan(lines=(0, *middle, last), hangs_up_rudely=chance.random() < 0.15)
