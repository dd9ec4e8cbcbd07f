"""What stands in the PBX for supervisors: bridges, phones and snoops, by participant.

The book is kept by what requests were answered and what events told; after a
new connection it is read from the ids of what is there, so that a later life
goes on with what an earlier one left.
"""

import math
from collections.abc import Iterable, Iterator

from sideline.voice.asterisk.effects import Placed, Rig, Side, Snoop
from sideline.voice.asterisk.switch import OWN
from sideline.voice.asterisk.wire import Bridge, Channel
from sideline.voice.engine import ParticipantId, Phone

BRIDGE, LEG, SNOOP = f"{OWN}b.", f"{OWN}l.", f"{OWN}s."


class StandingRig:
    """One supervisor's bridge, phone and snoops."""

    def __init__(self, supervisor: ParticipantId) -> None:
        self.supervisor = supervisor
        self.has_bridge = False
        self.phone: Phone | None = None
        """What was rung; None: unknown, an earlier life rang it."""
        self.leg = ""
        self.is_up = False
        self.is_in = False
        self.placed: list[Placed] = []
        self.has_customer = False
        self.is_muted: bool | None = False
        """Its phone is muted by us; None: unknown, an earlier life had it."""
        self.is_for_ever = False
        """Its phone is, or is about to be, all that a customer who was taken over has: it lives untold."""
        self.kept_at = math.inf
        """When its phone was told to live on (the loop's seconds); infinity: it need not be, or not by this life."""
        self.is_given_up = False
        """Its phone could not be reached or is gone, which was told; it is not rung again."""

    @property
    def is_claimed(self) -> bool:
        """Whether a plan of this life has named it: until then nobody answers for what an earlier life left."""
        return self.phone is not None

    @property
    def bridge(self) -> str:
        """The bridge's id."""
        return f"{BRIDGE}{self.supervisor}"

    def view(self) -> Rig:
        """Return the rig as the plan sees it."""
        return Rig(self.is_up and self.is_in, tuple(self.placed), self.has_customer)

    @property
    def channels(self) -> list[str]:
        """Every channel of ours in it."""
        return [*([self.leg] if self.leg else []), *(each.id for each in self.placed)]


class RigBook:
    """Every rig of this PBX."""

    def __init__(self) -> None:
        self._rigs: dict[ParticipantId, StandingRig] = {}
        self._serial = 0

    def __iter__(self) -> Iterator[StandingRig]:
        return iter(list(self._rigs.values()))

    def get(self, supervisor: ParticipantId) -> StandingRig | None:
        """Return a supervisor's rig, None if nothing stands."""
        return self._rigs.get(supervisor)

    def rig(self, supervisor: ParticipantId) -> StandingRig:
        """Return a supervisor's rig, an empty one if nothing stands."""
        return self._rigs.setdefault(supervisor, StandingRig(supervisor))

    def drop(self, supervisor: ParticipantId) -> None:
        """Forget a rig of which nothing stands any more."""
        self._rigs.pop(supervisor, None)

    def serials(self, count: int) -> int:
        """Return the first of ``count`` new numbers for ids."""
        first = self._serial
        self._serial += count
        return first

    def of_channel(self, channel: str) -> StandingRig | None:
        """Return the rig that one of our channels belongs to."""
        parts = channel.split(".")
        return self._rigs.get(parts[2]) if channel.startswith((LEG, SNOOP)) and len(parts) > 2 else None

    def start_over(self, channels: Iterable[Channel], bridges: Iterable[Bridge]) -> list[str]:
        """Take what really stands; return ours that nobody can make use of, to be deleted."""
        known = self._rigs
        self._rigs = {}
        useless: list[str] = []
        within = {channel: bridge for bridge in bridges for channel in bridge.channels}
        for channel in channels:
            if channel.id.startswith(OWN) and not self._adopt(channel, within.get(channel.id), known):
                useless.append(channel.id)
        for bridge in bridges:
            if bridge.id.startswith(BRIDGE):
                rig = self.rig(bridge.id.removeprefix(BRIDGE))
                rig.has_bridge = True
                rig.has_customer = any(not each.startswith(OWN) for each in bridge.channels)
        for supervisor, former in known.items():
            rig = self._rigs.get(supervisor)
            if rig is not None:
                rig.phone, rig.is_given_up = former.phone, former.is_given_up
            elif former.is_given_up:
                self._rigs[supervisor] = StandingRig(supervisor)
                self._rigs[supervisor].is_given_up = True
                self._rigs[supervisor].phone = former.phone
        return useless

    def _adopt(self, channel: Channel, bridge: Bridge | None, known: dict[ParticipantId, StandingRig]) -> bool:
        parts = channel.id.split(".")
        if len(parts) < 4 or not parts[3].isdecimal():
            return False
        self._serial = max(self._serial, int(parts[3]) + 1)
        rig = self.rig(parts[2])
        is_in = bridge is not None and bridge.id == rig.bridge
        if channel.id.startswith(LEG):
            if rig.leg:
                return False
            rig.leg, rig.is_up, rig.is_in = channel.id, channel.state == "Up", is_in
            rig.is_muted = None
            return True
        snoop = snoop_of(channel)
        # One on a line without any sound lingers after it was hung up, and can't be put into a bridge any more.
        if snoop is None or channel.dialplan.app_name != "Stasis":
            return False
        former = known.get(parts[2])
        mine = next((each for each in former.placed if each.id == channel.id), None) if former is not None else None
        rig.placed.append(Placed(channel.id, snoop, is_in=is_in, peers=mine.peers if mine is not None else None))
        return True


def snoop_of(channel: Channel) -> Snoop | None:
    """Return what a snoop of ours does, as its id and its name (``Snoop/<line>-<number>``) tell; None if they don't."""
    parts = channel.id.split(".")
    line = channel.name.removeprefix("Snoop/").rpartition("-")[0]
    if len(parts) != 6 or not channel.id.startswith(SNOOP) or not channel.name.startswith("Snoop/") or not line:
        return None
    try:
        return Snoop(line, Side(parts[4]), Side(parts[5]))
    except ValueError:
        return None
