"""What stands in the PBX for supervisors: bridges, phones and snoops, by participant.

The book is kept by what requests were answered and what events told; after a
new connection it is read from the ids of what is there, so that a later life
goes on with what an earlier one left.
"""

import math
from collections.abc import Iterable, Iterator

import msgspec

from sideline.voice.asterisk.effects import Placed, Rig
from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.wire import Bridge, Channel
from sideline.voice.engine import ParticipantId, Phone


class StandingRig:
    """One supervisor's bridge, phone and snoops."""

    def __init__(self, supervisor: ParticipantId, bridge: str) -> None:
        self.supervisor = supervisor
        self.bridge = bridge
        """The bridge's id."""
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

    def view(self) -> Rig:
        """Return the rig as the plan sees it."""
        return Rig(self.is_up and self.is_in, tuple(self.placed), self.has_customer)

    @property
    def channels(self) -> list[str]:
        """Every channel of ours in it."""
        return [*([self.leg] if self.leg else []), *(each.id for each in self.placed)]


class RigBook:
    """Every rig of this PBX."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._rigs: dict[ParticipantId, StandingRig] = {}
        self._serial = 0

    def __iter__(self) -> Iterator[StandingRig]:
        return iter(list(self._rigs.values()))

    def get(self, supervisor: ParticipantId) -> StandingRig | None:
        """Return a supervisor's rig, None if nothing stands."""
        return self._rigs.get(supervisor)

    def rig(self, supervisor: ParticipantId) -> StandingRig:
        """Return a supervisor's rig, an empty one if nothing stands."""
        return self._rigs.setdefault(supervisor, StandingRig(supervisor, self.names.bridge(supervisor)))

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
        owner = self.names.owner(channel)
        return None if owner is None else self._rigs.get(owner[0])

    def bridge_gone(self, bridge: str) -> StandingRig | None:
        """Note that a bridge is gone, whoever deleted it; return the rig whose it was."""
        rig = self._rigs.get(self.names.supervisor_in(bridge) or "")
        if rig is not None:
            rig.has_bridge = rig.is_in = rig.has_customer = False
            rig.placed = [msgspec.structs.replace(each, is_in=False) for each in rig.placed]
        return rig

    def start_over(self, channels: Iterable[Channel], bridges: Iterable[Bridge]) -> list[str]:
        """Take what really stands; return ours that nobody can make use of, to be deleted."""
        known = self._rigs
        self._rigs = {}
        useless: list[str] = []
        within = {channel: bridge for bridge in bridges for channel in bridge.channels}
        for channel in channels:
            if self.names.is_ours(channel.id) and not self._adopt(channel, within.get(channel.id), known):
                useless.append(channel.id)
        for bridge in bridges:
            if supervisor := self.names.supervisor_in(bridge.id):
                rig = self.rig(supervisor)
                rig.has_bridge = True
                rig.has_customer = any(not self.names.is_ours(each) for each in bridge.channels)
        for supervisor, former in known.items():
            rig = self._rigs.get(supervisor)
            if rig is not None:
                rig.phone, rig.is_given_up = former.phone, former.is_given_up
            elif former.is_given_up:
                rig = self.rig(supervisor)
                rig.phone, rig.is_given_up = former.phone, True
        return useless

    def _adopt(self, channel: Channel, bridge: Bridge | None, known: dict[ParticipantId, StandingRig]) -> bool:
        owner = self.names.owner(channel.id)
        if owner is None:
            return False
        supervisor, number = owner
        self._serial = max(self._serial, number + 1)
        rig = self.rig(supervisor)
        is_in = bridge is not None and bridge.id == rig.bridge
        if self.names.is_leg(channel.id):
            if rig.leg:
                return False
            rig.leg, rig.is_up, rig.is_in = channel.id, channel.state == "Up", is_in
            rig.is_muted = None
            return True
        snoop = self.names.snoop_of(channel)
        # One on a line without any sound lingers after it was hung up, and can't be put into a bridge any more.
        if snoop is None or channel.dialplan.app_name != "Stasis":
            return False
        former = known.get(supervisor)
        mine = next((each for each in former.placed if each.id == channel.id), None) if former is not None else None
        rig.placed.append(Placed(channel.id, snoop, is_in=is_in, peers=mine.peers if mine is not None else None))
        return True
