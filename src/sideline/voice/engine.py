"""The port every voice engine implements: routes in, facts out.

The port speaks of participants, their phones and the routes between them,
never of whispering or spying, so one contract test by sound serves every
engine. ``tests/voice_contract`` holds that contract.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import msgspec

from sideline.rules.audibility import Routes

CallId = str
ParticipantId = str
LegId = str


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


Phone = BrowserPhone | SipPhone | NumberPhone


class CallPlan(msgspec.Struct, frozen=True):
    """What is wanted of one call.

    ``version`` grows with every change of the call's rows; an engine ignores a
    plan older than the one it holds. ``phones`` maps participant ids to
    phones; ``routes`` are (speaker, listener) pairs of participant ids, where
    ``sideline.rules.audibility.MUSIC`` may speak. A plan without phones ends
    the call in the engine.
    """

    version: int
    phones: Mapping[ParticipantId, Phone]
    routes: Routes


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
