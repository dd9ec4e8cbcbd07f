"""The bots' sentences as Opus packets, read once."""

from functools import cache
from importlib.resources import files

from sideline.voice.webrtc.ogg import read_opus


@cache
def line_of(speaker: str, number: int) -> tuple[bytes, ...]:
    """Return the packets of a speaker's line; raises FileNotFoundError for one that was never spoken."""
    return tuple(read_opus((files("sideline.entry.demo") / "voices" / speaker / f"{number:02}.opus").read_bytes()))
