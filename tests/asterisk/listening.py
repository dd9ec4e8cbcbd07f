"""Whom telephones hear, by their tones."""

import asyncio
import time

from tests.support.sip_phones import SipPhone
from tests.support.sound import HERTZ, LOUD, tone_levels

SETTLED = 0.25
"""Seconds after which a change at a telephone is heard everywhere."""
SPELL = 1.0


async def spell(seconds: float = SPELL) -> tuple[float, float]:
    """Let so much time pass; return when it began and ended (monotonic seconds)."""
    start = time.monotonic()
    await asyncio.sleep(seconds)  # house: a recording of so many seconds is the subject
    return start, time.monotonic()


def heard_by(phone: SipPhone, start: float, end: float, faint: float = 0.02) -> set[str]:
    """Return whose tones reached the telephone, each all the time; fail if one came and went."""
    levels = tone_levels(phone.heard(start, end), list(HERTZ.values()))
    found: set[str] = set()
    for column, name in enumerate(HERTZ):
        loud, most = float((levels[:, column] > LOUD).mean()), float(levels[:, column].max())
        if loud > 0.9:
            found.add(name)
        else:
            assert most < faint, f"{phone.name} heard {name} in {loud:.0%} of the windows, at {most:.3f} at most"
    return found


async def all_hear(*phones: SipPhone) -> list[set[str]]:
    """Return whom each of the telephones hears once the last change is through."""
    await spell(SETTLED)
    start, end = await spell()
    return [heard_by(phone, start, end) for phone in phones]
