"""Who is signed in, on the wire."""

import msgspec

from sideline.people.phone_schemas import PhoneKind
from sideline.people.policies import Policies
from sideline.people.presence_schemas import PresenceOut
from sideline.people.user_schemas import Named
from sideline.rules.permissions import Grant


class OwnUser(msgspec.Struct, frozen=True):
    """The signed-in user."""

    id: str
    name: str
    email: str
    time_zone: str
    team_id: str | None
    team_name: str | None
    roles: list[Named]


class SelectedPhone(msgspec.Struct, frozen=True):
    """The phone that is used from the next call on."""

    id: str
    kind: PhoneKind
    label: str
    address: str
    auto_answer: bool


class Me(msgspec.Struct, frozen=True):
    """The signed-in user, what they may do, and what the shell shows of them."""

    user: OwnUser
    permissions: list[Grant]
    """The widest scope of each permission."""
    presence: PresenceOut
    phone: SelectedPhone | None
    phone_kinds: list[PhoneKind]
    """Those that the voice engine of this installation reaches."""
    policies: Policies
    own_team_ids: list[str]
    """The user's teams and those nested in them, for who holds a permission there: their ``team-…:<id>`` topics."""
    is_demo: bool
