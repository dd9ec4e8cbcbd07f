"""What may stand in a field of a person's record: each check answers a sentence, or None."""

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sideline.kit.problems import Invalid

LONGEST_NAME = 120
LONGEST_EMAIL = 254

_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]+")


def name_fault(name: str) -> str | None:
    """Return what is wrong with a name (stripped already)."""
    if not name:
        return "Give it a name."
    if len(name) > LONGEST_NAME:
        return f"A name has at most {LONGEST_NAME} characters."
    return None if name.isprintable() else "A name has no line breaks or control characters."


def email_fault(email: str) -> str | None:
    """Return what is wrong with an e-mail address (stripped already)."""
    if len(email) > LONGEST_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        return "This is not an e-mail address: it looks like ana@example.com."
    return None


def time_zone_fault(name: str) -> str | None:
    """Return what is wrong with the name of a time zone (IANA)."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "There is no such time zone: use a name such as Europe/Lisbon, or UTC."
    return None


def refuse_faults(faults: Mapping[str, str | None]) -> None:
    """Raise Invalid with the sentence of every field that has one."""
    if found := {field: sentence for field, sentence in faults.items() if sentence}:
        raise Invalid(found)
