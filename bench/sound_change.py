"""When a change of who hears whom reached an ear: shared by every bench of that question."""

from itertools import chain

import numpy as np

from sideline.voice.webrtc.client import BrowserLikePhone
from sideline.voice.webrtc.slots import SAMPLE_RATE

PRESENT = 0.03
"""Amplitude from which a tone, played at 0.3, is present.

20 dB below: an Opus decoder that joins a running stream knows none of the
frames that the first ones are predicted from, so a tone swells over some 60 ms.
"""

FRAME_SECONDS = 0.02


class Ear:
    """A phone's recording, searched for one tone frame by frame.

    Times are arrivals of packets, without the jitter buffer of a browser, which
    adds the same to either side of a comparison (about 60 ms).
    """

    def __init__(self, phone: BrowserLikePhone, hertz: int) -> None:
        frames = chain.from_iterable(slot.frames() for slot in phone.slots)
        self._heard = sorted((f.packet.at, amplitude(f.samples, hertz) > PRESENT) for f in frames)

    def present_after(self, since: float, within: float) -> float | None:
        """Return the seconds from ``since`` until the tone is first there; None if it never is."""
        found = [at for at, loud in self._heard if loud and since <= at < since + within]
        return found[0] - since if found else None

    def absent_after(self, since: float, within: float) -> float | None:
        """Return the seconds from ``since`` until the tone's last frame has been played; None if it stays."""
        found = [at for at, loud in self._heard if loud and since <= at < since + within]
        if not found:
            return 0.0
        gone = found[-1] + FRAME_SECONDS - since
        return gone if gone < within - 2 * FRAME_SECONDS else None


def amplitude(samples: np.ndarray, hertz: int, rate: int = SAMPLE_RATE) -> float:
    """Return how loud a tone is in a frame."""
    if not len(samples):
        return 0.0
    at = np.arange(len(samples)) / rate
    return float(abs(np.dot(samples, np.exp(-2j * np.pi * hertz * at))) * 2 / len(samples))


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Return p50, p99 and the extremes in milliseconds."""
    values = np.asarray(seconds) * 1000
    return {
        "count": len(values),
        "min_ms": round(float(values.min()), 1),
        "p50_ms": round(float(np.quantile(values, 0.5)), 1),
        "p99_ms": round(float(np.quantile(values, 0.99)), 1),
        "max_ms": round(float(values.max()), 1),
    }
