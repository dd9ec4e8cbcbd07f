"""A supervised call of real SIP telephones for a bench: what was done to it, and when who heard what."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from bench.asterisk_ear import LineEar
from bench.sound_change import quantiles
from tests.support.sip_phones import SipPhone as Telephone

CUSTOMER, AGENT, SUPERVISOR = 400, 650, 1250
"""Their tones, in Hz."""
DWELL = 0.3
"""Seconds for which a state is kept, before it is the other call's turn."""
WITHIN = 2 * DWELL
LONGEST_ATTACH = 2.0
MODES = ("coach", "barge", "monitor")


class Moment(NamedTuple):
    """A change: to what, when it was asked for, how long the asking took (all in seconds)."""

    mode: str
    at: float
    took: float


class Scene:
    """A call of two telephones, a third one for its supervisor, and what was done to it."""

    def __init__(self, customer: Telephone, agent: Telephone, supervisor: Telephone) -> None:
        self.customer, self.agent, self.supervisor = customer, agent, supervisor
        self.switches: list[Moment] = []
        self.attaches: list[Moment] = []

    async def talk(self) -> None:
        """Let the customer call the agent."""
        await self.customer.dial(self.agent.name)
        await asyncio.gather(self.customer.established(), self.agent.established())

    async def time(self, moments: list[Moment], mode: str, doing: Callable[[], Awaitable[None]]) -> None:
        """Do something, and note when."""
        at = time.monotonic()
        await doing()
        moments.append(Moment(mode, at, time.monotonic() - at))

    def figures(self) -> dict[str, Any]:
        """Return when who heard what."""
        agent = LineEar(self.agent.recording, SUPERVISOR)
        customer = LineEar(self.customer.recording, SUPERVISOR)
        ears = (LineEar(self.supervisor.recording, CUSTOMER), LineEar(self.supervisor.recording, AGENT))
        to = {mode: [each.at for each in self.switches if each.mode == mode] for mode in MODES}
        present = [
            *(agent.present_after(at, WITHIN) for at in to["coach"]),
            *(customer.present_after(at, WITHIN) for at in to["barge"]),
        ]
        gone = [ear.absent_after(at, WITHIN) for at in to["monitor"] for ear in (agent, customer)]
        holes = [agent.hole_after(at, WITHIN) for at in to["barge"]]
        attached = [_all_present(ears, each.at) for each in self.attaches]
        parties = (self.customer, self.agent)
        gaps = [who.gaps(each.at, each.at + DWELL) for each in self.switches for who in parties]
        first = [who.gaps(each.at, each.at + 1) for each in self.attaches for who in parties]
        return {
            "switch_round_trip": quantiles([each.took for each in self.switches]),
            "tone_there": _times(present),
            "tone_gone": _times(gone),
            "missing_at_the_agent_coach_to_barge": quantiles(holes),
            "first_attach_round_trip": quantiles([each.took for each in self.attaches]),
            "first_attach_heard": _times(attached),
            "longest_gap_at_a_party_in_a_switch": quantiles(gaps),
            "longest_gap_at_a_party_in_an_attach": quantiles(first),
        }


def _all_present(ears: Sequence[LineEar], at: float) -> float | None:
    found = [ear.present_after(at, LONGEST_ATTACH) for ear in ears]
    return None if None in found else max(each for each in found if each is not None)


def _times(times: list[float | None]) -> dict[str, Any]:
    return {**quantiles([t for t in times if t is not None]), "never": sum(t is None for t in times)}
