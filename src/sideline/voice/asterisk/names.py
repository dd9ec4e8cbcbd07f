"""What the things are called that an installation makes in a PBX: an id tells whose it is, and what for. Pure.

The application's name begins each, so that two installations of Sideline can
be attached to one PBX: nobody takes up, tells to live on or sweeps away what
is another's.
"""

import re

import msgspec

from sideline.voice.asterisk.effects import Side, Snoop
from sideline.voice.asterisk.wire import Channel
from sideline.voice.engine import ParticipantId

_APP = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class Names(msgspec.Struct, frozen=True):
    """The names of one installation, known to Asterisk as ``app``."""

    app: str = "sideline"

    def __post_init__(self) -> None:
        if not _APP.fullmatch(self.app):
            raise ValueError(f"'{self.app}' has to be a letter, and then letters, digits, - or _")

    def is_ours(self, id_: str) -> bool:
        """Return whether this installation made the channel or bridge."""
        return id_.startswith(f"{self.app}.")

    def bridge(self, supervisor: ParticipantId) -> str:
        """Return the id of a supervisor's bridge."""
        return f"{self._bridges}{supervisor}"

    def supervisor_in(self, bridge: str) -> ParticipantId | None:
        """Return whose bridge it is, None if it is no supervisor's of ours."""
        return bridge.removeprefix(self._bridges) if bridge.startswith(self._bridges) else None

    def leg(self, supervisor: ParticipantId, number: int) -> str:
        """Return the channel id of a supervisor's phone."""
        return f"{self._legs}{supervisor}.{number}"

    def snoop(self, supervisor: ParticipantId, number: int, snoop: Snoop) -> str:
        """Return a snoop's channel id: all that a later life must know of it but its line, which its name tells."""
        return f"{self._snoops}{supervisor}.{number}.{snoop.spy}.{snoop.whisper}"

    def take(self, supervisor: ParticipantId, number: int) -> str:
        """Return the channel id of an errand: it brings a customer to the supervisor who takes them over."""
        return f"{self.app}.k.{supervisor}.{number}"

    def is_leg(self, channel: str) -> bool:
        """Return whether a channel is a supervisor's phone that we rang."""
        return channel.startswith(self._legs)

    def owner(self, channel: str) -> tuple[ParticipantId, int] | None:
        """Return whose phone or snoop a channel is, and its number; None if it is neither."""
        parts = channel.split(".")
        is_one = channel.startswith((self._legs, self._snoops)) and len(parts) > 3 and parts[3].isdecimal()
        return (parts[2], int(parts[3])) if is_one else None

    def snoop_of(self, channel: Channel) -> Snoop | None:
        """Return what a snoop of ours does, as its id and its name (``Snoop/<line>-<number>``) tell, or None."""
        parts = channel.id.split(".")
        line = channel.name.removeprefix("Snoop/").rpartition("-")[0]
        is_one = len(parts) == 6 and channel.id.startswith(self._snoops) and channel.name.startswith("Snoop/")
        if not is_one or not line:
            return None
        try:
            return Snoop(line, Side(parts[4]), Side(parts[5]))
        except ValueError:
            return None

    @property
    def _bridges(self) -> str:
        return f"{self.app}.b."

    @property
    def _legs(self) -> str:
        return f"{self.app}.l."

    @property
    def _snoops(self) -> str:
        return f"{self.app}.s."
