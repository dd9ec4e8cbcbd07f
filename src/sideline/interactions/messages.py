"""What interactions tells the slices below, in the same transaction (``Database(reactions=…)``)."""

import msgspec

from sideline.rules.call import Call, Step


class CallStepped(msgspec.Struct, frozen=True):
    """A call went from ``before`` to ``step.call``; rows and presence are saved already."""

    interaction_id: str
    before: Call
    step: Step


class CallMoved(msgspec.Struct, frozen=True):
    """A call is served by another voice node from now on: whoever listens must connect there.

    Its participants are told already; the engagements slice tells supervisors
    (``leg_moves.want_leg_on``).
    """

    interaction_id: str
    voice_node_id: str


class LegChanged(msgspec.Struct, frozen=True):
    """The connection of someone's phone came up, was lost, or is gone.

    Exactly one of ``user_id`` and ``participant_id`` (a customer's) is set.
    ``state`` is ``connecting``, ``up``, ``lost`` or ``closed``; a lost leg
    becomes ``up`` again or, when its grace is over, ``closed``.
    """

    leg_id: str
    user_id: str | None
    participant_id: str | None
    state: str
