"""Presence on the wire."""

from datetime import datetime

import msgspec

from sideline.rules.presence import Presence


class PresenceOut(msgspec.Struct, frozen=True):
    """What a user is available for now."""

    status: Presence
    reason: str
    """Why not ready; empty otherwise."""
    since: datetime
    wrap_up_until: datetime | None
    """When wrap-up ends by itself; None outside of it, or where it has no limit."""
    then: Presence | None = None
    """What the user returns to after the call or the wrap-up."""
    then_reason: str = ""


class PresenceIn(msgspec.Struct, forbid_unknown_fields=True):
    """A presence that a person chooses."""

    status: Presence
    reason: str = ""
