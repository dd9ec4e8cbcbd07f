"""What is wanted of all calls, by leg: which legs may be heard by which leg. Pure."""

from collections import OrderedDict
from collections.abc import Mapping

from sideline.rules.audibility import MUSIC
from sideline.voice.engine import BrowserPhone, CallId, CallPlan, LegId

ENDED_CALLS_REMEMBERED = 10_000
"""Versions kept of calls that ended, so that an older plan that comes late does not revive one."""


class PlanBook:
    """The newest plan of every call, and what follows from all of them for each leg.

    A leg may be in more than one call for a moment (a supervisor moves from one
    to the next, and the two plans come in either order): it hears the union.
    """

    def __init__(self) -> None:
        self._plans: dict[CallId, CallPlan] = {}
        self._ended: OrderedDict[CallId, int] = OrderedDict()
        self._heard: dict[LegId, dict[CallId, frozenset[str]]] = {}

    @property
    def plans(self) -> Mapping[CallId, CallPlan]:
        """The plans of the calls that have not ended."""
        return self._plans

    def accept(self, call: CallId, wanted: CallPlan) -> frozenset[LegId]:
        """Take a plan unless a newer one is held; return the listening legs it may concern."""
        held = self._plans.get(call)
        version = held.version if held is not None else self._ended.get(call)
        if version is not None and wanted.version < version:
            return frozenset()
        before = frozenset(_heard_by_leg(held)) if held is not None else frozenset()
        for leg in before:
            del self._heard[leg][call]
            if not self._heard[leg]:
                del self._heard[leg]
        if not wanted.phones:
            self._plans.pop(call, None)
            self._ended[call] = wanted.version
            self._ended.move_to_end(call)
            if len(self._ended) > ENDED_CALLS_REMEMBERED:
                self._ended.popitem(last=False)
            return before
        self._ended.pop(call, None)
        self._plans[call] = wanted
        after = _heard_by_leg(wanted)
        for leg, speakers in after.items():
            self._heard.setdefault(leg, {})[call] = speakers
        return before | after.keys()

    def heard_by(self, leg: LegId) -> frozenset[str]:
        """Return the legs (or MUSIC) that ``leg`` may hear."""
        return frozenset().union(*self._heard.get(leg, {}).values())

    def listeners_of(self, speaker: str) -> frozenset[LegId]:
        """Return the legs that may hear ``speaker``, a leg or MUSIC."""
        return frozenset(leg for leg in self._heard if speaker in self.heard_by(leg))


def leg_of(plan: CallPlan, participant: str) -> str | None:
    """Return the leg by which a participant speaks and hears; None where it has none here."""
    if participant == MUSIC:
        return MUSIC
    phone = plan.phones.get(participant)
    return phone.leg_id if isinstance(phone, BrowserPhone) else None


def _heard_by_leg(plan: CallPlan) -> dict[LegId, frozenset[str]]:
    heard: dict[LegId, set[str]] = {}
    for speaker, listener in plan.routes:
        by, to = leg_of(plan, speaker), leg_of(plan, listener)
        if by is not None and to is not None and to != MUSIC and by != to:
            heard.setdefault(to, set()).add(by)
    return {leg: frozenset(speakers) for leg, speakers in heard.items()}
