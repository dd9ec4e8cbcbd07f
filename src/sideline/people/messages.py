"""What people tells the slices below, in the same transaction (``Database(reactions=…)``).

``RightsChanged`` is also an event, so that open sockets are rechecked after
the commit; ``SignedOut`` is not logged (``SignInEnded`` is, for each browser).
"""

import msgspec

from sideline.people.events import PresenceChanged, RightsChanged, SignInEnded

__all__ = ["PresenceChanged", "RightsChanged", "SignInEnded", "SignedOut"]


class SignedOut(msgspec.Struct, frozen=True):
    """The user's last sign-in ended: nobody is there any more, whatever they were doing.

    Their presence is offline already; whoever holds a call or a leg of theirs
    lets go of it.
    """

    user_id: str
