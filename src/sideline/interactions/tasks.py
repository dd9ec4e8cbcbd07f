"""What the worker does for interactions when it becomes due."""

from collections.abc import Sequence

from sideline.interactions.call_tasks import Missed, WrapUps
from sideline.interactions.leg_tasks import LostLegs, UnconnectedCustomers
from sideline.interactions.node_tasks import OrphanedCalls, OrphanedLegs, SilentNodes
from sideline.interactions.offering import Offers
from sideline.interactions.pbx_tasks import UnfollowedCalls
from sideline.kit.timers import TimerSource


def sources() -> Sequence[TimerSource]:
    """Return the timer sources, in the order in which one's effects feed the next.

    Silence and orphans come first, so that nobody is rung on a dead node;
    offers come last, so that an agent who has just become free is rung at once.
    """
    return (
        SilentNodes(),
        OrphanedCalls(),
        OrphanedLegs(),
        UnfollowedCalls(),
        LostLegs(),
        UnconnectedCustomers(),
        Missed(),
        WrapUps(),
        Offers(),
    )
