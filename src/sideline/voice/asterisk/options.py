"""What an installation decides about its Asterisk."""

from collections.abc import Mapping

import msgspec

from sideline.voice.asterisk.ami import AmiAddress

FIELDS = ("campaign", "list_name", "result_code", "external_id")
"""Fields of ``voice.engine.PbxCall`` that channel variables may tell."""

_WORDS = {"campaign": "campaign", "list": "list_name", "result": "result_code", "external_id": "external_id"}


class AsteriskOptions(msgspec.Struct, frozen=True):
    """How calls of an Asterisk are read, and how phones are rung by it."""

    app: str = "sideline"
    """The name under which Sideline is known to Asterisk (Stasis)."""
    technology: str = "PJSIP"
    """Channel driver of the users' phones."""
    trunk: str = ""
    """How a number is dialled, with ``{number}`` in its place; empty: numbers can't be reached."""
    context: str = "from-internal"
    """Dialplan context where a customer who is given back is dialled on."""
    fallback: str = "s"
    """The extension there for a customer of whom nobody knows where they belong."""
    variables: Mapping[str, str] = {}
    """By field of ``PbxCall``, the channel variable that tells it."""
    ring_seconds: int = 30
    """How long a supervisor's phone rings."""
    ami: AmiAddress | None = None
    """Takes a customer out of their call where the dialplan lines for it are absent."""


def read_variables(text: str) -> dict[str, str]:
    """Return what ``campaign=CAMPAIGN …`` says, by field of ``PbxCall``; raises ValueError with a sentence."""
    found: dict[str, str] = {}
    for part in text.split():
        word, _, variable = part.partition("=")
        if word not in _WORDS or not variable:
            raise ValueError(f"'{part}' is none of {', '.join(f'{each}=NAME' for each in _WORDS)}")
        found[_WORDS[word]] = variable
    return found
