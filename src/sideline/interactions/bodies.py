"""What the interactions slice takes on the wire."""

from typing import Annotated, Literal

import msgspec

Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A short text of a person or a dialer, without line breaks and control characters."""

Id = Annotated[str, msgspec.Meta(max_length=36)]
"""An id that Sideline gave."""

PbxQueue = Annotated[str, msgspec.Meta(max_length=80)]
"""A queue's name and extension in a telephone system; empty for none."""

Seconds = Annotated[int, msgspec.Meta(ge=5, le=3600)]

MOST_MEMBERS = 2000


class ConsultIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask."""

    user_id: Id


class TransferIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom, or which queue, to transfer to: exactly one of the two."""

    user_id: Id | None = None
    queue_id: Id | None = None


class ResultCodeChosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The outcome of an interaction; None takes it back."""

    result_code_id: Id | None


class InteractionData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a dialer or a desktop knows of an interaction; what is left out stays as it is."""

    campaign: Text | msgspec.UnsetType = msgspec.UNSET
    list_name: Text | msgspec.UnsetType = msgspec.UNSET
    phone_number: Text | msgspec.UnsetType = msgspec.UNSET
    external_id: Text | msgspec.UnsetType = msgspec.UNSET
    customer_name: Text | msgspec.UnsetType = msgspec.UNSET


class DialledCallIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that a dialer has made: its customer waits in the queue for an agent."""

    queue_id: Id
    direction: Literal["inbound", "outbound"] = "outbound"
    phone_number: Text = ""
    customer_name: Text = ""
    campaign: Text = ""
    list_name: Text = ""
    external_id: Text = ""


class CustomerCallStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's call, and the secret with which their page goes on (``X-Customer-Token``)."""

    interaction_id: str
    participant_id: str
    token: str
    number: int


class CustomerQueueOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor may know of a queue."""

    name: str
    is_open: bool


class CustomerCallIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A customer who wants to talk to somebody."""

    queue_slug: Text
    name: Text = ""
    phone_number: Text = ""


class ResultCodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A result code to make."""

    code: Text
    label: Text


class ResultCodePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change of a result code."""

    code: Text | msgspec.UnsetType = msgspec.UNSET
    label: Text | msgspec.UnsetType = msgspec.UNSET
    is_active: bool | msgspec.UnsetType = msgspec.UNSET


class QueueIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A queue to make; durations in seconds."""

    name: Text
    slug: Text
    team_id: Id | None = None
    pbx_queue: PbxQueue = ""
    is_open: bool = True
    offer_seconds: Seconds = 20
    wrap_up_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 30
    member_ids: Annotated[list[Id], msgspec.Meta(max_length=MOST_MEMBERS)] = []


class QueuePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change of a queue; ``version`` is the one that was read."""

    version: int
    name: Text | msgspec.UnsetType = msgspec.UNSET
    slug: Text | msgspec.UnsetType = msgspec.UNSET
    team_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    pbx_queue: PbxQueue | msgspec.UnsetType = msgspec.UNSET
    is_open: bool | msgspec.UnsetType = msgspec.UNSET
    offer_seconds: Seconds | msgspec.UnsetType = msgspec.UNSET
    wrap_up_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] | msgspec.UnsetType = msgspec.UNSET
    member_ids: Annotated[list[Id], msgspec.Meta(max_length=MOST_MEMBERS)] | msgspec.UnsetType = msgspec.UNSET


Offer = Annotated[str, msgspec.Meta(min_length=1, max_length=60_000, pattern=r"^[^\x00]*$")]
"""An SDP offer; a browser's with all its candidates has about 6,000 characters."""

TabId = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[!-~]*$")]
"""Names a browser tab, the same after a reload (``sessionStorage``)."""


class LegIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A browser's offer to connect its user's phone."""

    offer: Offer
    tab_id: TabId
    take_over: bool = False
    """Take the phone from another tab that holds it."""
    has_microphone: bool = True


class LegClose(msgspec.Struct, frozen=True, kw_only=True):
    """A page that goes away; ``token`` is a customer's, whose beacon can't carry a header."""

    generation: int
    token: str = ""


class LegAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The voice engine's answer to an offer."""

    leg_id: str
    generation: int
    answer: str


class LegOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where a phone's connection stands."""

    leg_id: str
    state: str
    """``connecting``, ``up`` or ``lost``."""
    generation: int
    tab_id: str
    """The tab that holds it."""
    has_microphone: bool
    is_reconnect_wanted: bool
    """Another voice node serves the call: make a new offer."""
