"""Abilities: what a person may do with a thing now, sent along with the thing.

The browser shows a control for each key: enabled, or disabled with the
refusal's text. A key for what will never be allowed to this person is left
out, and so is the control.
"""

import msgspec

from sideline.kit.refusal_texts import refusal_text
from sideline.rules.refusals import Refusal


class AbilityRefusal(msgspec.Struct, frozen=True):
    """Why a control is disabled: a code for programs, a sentence for its tooltip."""

    code: str
    text: str


class Ability(msgspec.Struct, frozen=True):
    """Whether something may be done now; ``refusal`` is None where it may."""

    allowed: bool
    refusal: AbilityRefusal | None = None


Abilities = dict[str, Ability]
"""Name of a command to whether it may be given now."""

_ALLOWED = Ability(True)


def allowed() -> Ability:
    """Return the ability of what may be done now."""
    return _ALLOWED


def refused(refusal: Refusal) -> Ability:
    """Return the ability of what may not be done now, and why."""
    return Ability(False, AbilityRefusal(str(refusal.code), refusal_text(refusal)))


def ability(answer: object) -> Ability:
    """Return the ability that a rule's answer means: refused for a :class:`Refusal`, allowed for anything else."""
    return refused(answer) if isinstance(answer, Refusal) else _ALLOWED
