"""The port every voice engine implements: routes in, facts out.

The port speaks of participants, their phones and the routes between them,
never of whispering or spying, so one contract test by sound serves every
engine. ``tests/voice_contract`` holds that contract.
"""

from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from sideline.rules.audibility import Routes

CallId = str
ParticipantId = str
LegId = str
PartyId = str


class BrowserPhone(msgspec.Struct, frozen=True, tag="browser"):
    """A phone that is a connected browser leg of this engine."""

    leg_id: LegId


class SipPhone(msgspec.Struct, frozen=True, tag="sip"):
    """A SIP address that the engine must ring (or that auto-answers)."""

    address: str
    auto_answer: bool = False


class NumberPhone(msgspec.Struct, frozen=True, tag="number"):
    """A remote number that rings through a trunk and must be picked up."""

    number: str


class PbxPhone(msgspec.Struct, frozen=True, tag="pbx"):
    """A party whom a PBX has on a call of its own (:class:`PbxParty`): never rung, moved or ended by the engine."""

    party: PartyId


Phone = BrowserPhone | SipPhone | NumberPhone | PbxPhone


class PbxStays(msgspec.Struct, frozen=True, tag="stays"):
    """The customer is where the PBX has them, and the engine leaves them there; so it is in a call without a PBX."""


class PbxTaken(msgspec.Struct, frozen=True, tag="taken"):
    """``customer`` was taken over by ``by``: the engine brings them out of the PBX's call, to that supervisor."""

    customer: ParticipantId
    by: ParticipantId


class PbxGiven(msgspec.Struct, frozen=True, tag="given"):
    """``customer`` goes back to the PBX, which dials ``extension`` for them; nothing if the engine has not got them."""

    customer: ParticipantId
    extension: str


class PbxEnded(msgspec.Struct, frozen=True, tag="ended"):
    """``customer``, who was taken over, is hung up; nothing if the engine has not got them."""

    customer: ParticipantId


CustomerPlace = PbxStays | PbxTaken | PbxGiven | PbxEnded
"""Whose a PBX's customer is."""


class CallPlan(msgspec.Struct, frozen=True):
    """What is wanted of one call.

    ``version`` grows with every change of the call's rows; an engine ignores a
    plan older than the one it holds. ``phones`` maps participant ids to
    phones; ``routes`` are (speaker, listener) pairs of participant ids, where
    ``sideline.rules.audibility.MUSIC`` may speak. A plan without phones ends
    what the engine itself connected: a call of a PBX goes on there, and routes
    between its own parties are the PBX's affair. ``place`` is the exception,
    for a customer whom a supervisor took over.
    """

    version: int
    phones: Mapping[ParticipantId, Phone]
    routes: Routes
    place: CustomerPlace = PbxStays()


class EngineSnapshot(msgspec.Struct, frozen=True):
    """What is really connected now: legs that are up and routes in force, by call."""

    legs: frozenset[LegId]
    calls: Mapping[CallId, CallPlan]


class EngineFact(msgspec.Struct, frozen=True, tag_field="fact"):
    """Something that happened in an engine."""


class LegAnswered(EngineFact, frozen=True, tag="leg_answered"):
    """The leg's media path is up (again)."""

    leg_id: LegId


class LegLost(EngineFact, frozen=True, tag="leg_lost"):
    """The leg's media path is gone without a hang-up; it may come back."""

    leg_id: LegId
    reason: str


class LegClosed(EngineFact, frozen=True, tag="leg_closed"):
    """The leg's owner closed it on purpose, or its connection never came up."""

    leg_id: LegId
    reason: str


class EngineUp(EngineFact, frozen=True, tag="engine_up"):
    """The engine can carry calls; what was told before may be incomplete, so look at ``observe()``."""


class EngineDown(EngineFact, frozen=True, tag="engine_down"):
    """The engine cannot carry calls until the next :class:`EngineUp`."""

    reason: str
    is_replaced: bool = False
    """Another engine took its place at the PBX, perhaps one of a life that began since."""


class PhoneOutcome(StrEnum):
    """What became of a phone that the engine rang for a participant."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    """It is not registered, its address is unknown, or no trunk leads to its number."""
    HUNG_UP = "hung_up"
    """It had answered, and its user hung up."""
    LOST = "lost"
    """It had answered, and its sound stayed away."""


class PhoneChanged(EngineFact, frozen=True, tag="phone_changed"):
    """A SIP phone or number that a call's plan names was answered, could not be reached, or is gone."""

    call_id: CallId
    participant_id: ParticipantId
    outcome: PhoneOutcome


class PbxParty(msgspec.Struct, frozen=True, kw_only=True):
    """Someone on a call of a PBX. ``id`` stays the same through hold, consult and transfer."""

    id: PartyId
    endpoint: str
    """The user part of the phone's SIP address ("1001" of PJSIP/1001); of a trunk's party the trunk's name."""
    is_internal: bool
    """The endpoint is a phone of one of the users whom the engine was told of."""
    number: str = ""
    name: str = ""
    group: str = ""
    """Parties of the same group hear each other; empty: nobody (waiting, ringing, listening to music)."""
    is_with_customer: bool = False
    """A line of theirs is connected to the customer's, talking or on hold."""


class PbxCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the PBX has it now: everyone who has answered, and what is known of it.

    ``id`` is the PBX's, and stays the same as long as the customer is on the
    line. Fields that the PBX does not tell are empty.
    """

    id: str
    customer: PartyId
    parties: tuple[PbxParty, ...]
    """The customer and everyone who has answered, those who came first, first."""
    direction: str = "inbound"
    """inbound, or outbound where one of the users (or a dialer for them) called the customer."""
    is_held: bool | None = False
    """The customer is on hold; None: the PBX can't say (it had the call before it was watched), so it is as it was."""
    is_taken: bool = False
    """The engine has the customer, for a supervisor who took over (:class:`PbxTaken`)."""
    transferred_by: PartyId = ""
    """Who last gave the customer to somebody else by a transfer, and has left; it stays when somebody answered."""
    queue: str = ""
    campaign: str = ""
    list_name: str = ""
    result_code: str = ""
    external_id: str = ""


class PbxCallSeen(EngineFact, frozen=True, tag="pbx_call_seen"):
    """A call of the PBX is so now; what was told of it before is out of date."""

    call: PbxCall


class PbxCallGone(EngineFact, frozen=True, tag="pbx_call_gone"):
    """The customer's line is gone. ``ended_by`` is the party who hung up, empty if that was not seen.

    ``call`` is the call as it was at last, with data that were told only then.
    """

    call_id: str
    ended_by: PartyId = ""
    call: PbxCall | None = None


class PbxCallsSeen(EngineFact, frozen=True, tag="pbx_calls_seen"):
    """These are all calls of the PBX (at start-up, and after its connection was away); any other is over."""

    call_ids: frozenset[str]


class PbxTakeFailed(EngineFact, frozen=True, tag="pbx_take_failed"):
    """The PBX did not let the customer be taken over: they are where they were. ``reason`` is a sentence."""

    call_id: CallId
    reason: str


class PbxCalls(Protocol):
    """The side of an engine that watches a PBX's own calls."""

    def know(self, endpoints: frozenset[str]) -> None:
        """Learn which endpoints are phones of users, in lower case: whose calls are told, and who is a customer."""
        ...

    def hand_over(self) -> None:
        """Stop at once: another life serves the PBX, or will; what stands there is left for it to take up.

        Nothing comes from or goes to the PBX any more; all that is left to do is ``aclose``.
        """
        ...


class VoiceEngine(Protocol):
    """A thing that connects phones and lets some hear others."""

    async def apply(self, call: CallId, wanted: CallPlan) -> None:
        """Make ``call`` match ``wanted``; return when its routes are in force.

        Idempotent; the newest version wins. Closes routes before it opens any.
        A phone that is not connected (yet) is not an error: its routes come
        into force when it connects. A phone that plans of two calls name
        belongs to one alone, the one in which its participant's id sorts last
        (ids sort by age), and is silent and deaf in the other.
        """
        ...

    async def observe(self) -> EngineSnapshot:
        """Return what is really connected, for start-up and audit."""
        ...

    def facts(self) -> AsyncIterator[EngineFact]:
        """Yield what happens, from now on; one reader."""
        ...

    async def aclose(self) -> None:
        """End every leg and free every port; after it the engine is unusable."""
        ...


class LegRefused(Exception):
    """An offer that no leg can be made of; ``str()`` is one sentence for a person."""


class LegRefusedForNow(LegRefused):
    """Nothing is wrong with the offer: a later one may well be answered."""


class BrowserLegs(Protocol):
    """The signalling side of an engine that serves browser phones."""

    async def connect(self, leg_id: LegId, offer: str) -> str:
        """Answer a browser's SDP ``offer``; return the SDP answer, all candidates inside.

        A ``leg_id`` that is connected already gets a new transport and keeps
        its routes (a reload comes back where it was). Raises
        :class:`LegRefused` for an offer that is malformed, foreign (no audio,
        no Opus, no slots) or over the engine's limit of legs.
        """
        ...

    async def disconnect(self, leg_id: LegId) -> None:
        """End the leg on purpose; unknown ids are ignored."""
        ...
