"""Listening with a ruler: which tones are in a recording, window by window.

Every party of a scene plays its own tone; Goertzel's measure (one bin of a
Fourier transform) tells how loud each tone is in short overlapping windows.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sideline.rules.audibility import MUSIC

SAMPLE_RATE = 48_000
WINDOW = 1920
"""Samples: 40 ms, two frames."""
HOP = 480
"""Samples between the beginnings of windows: 10 ms."""
LOUD = 0.1
"""Amplitude above which a tone is clearly there; the tones are played at 0.3."""
FAINT = 0.02
"""Amplitude above which a tone has leaked: one frame of 20 ms, all alone, measures 0.028 to 0.075."""

HERTZ: Mapping[str, int] = {
    "customer": 400,
    "agent": 650,
    "colleague": 950,
    "sara": 1250,
    "tom": 1600,
    "uma": 2000,
    MUSIC: 2450,
}
"""A tone for everyone who may speak; multiples of 50, none near another's harmonics."""

_SHAPE = np.hanning(WINDOW)
_SCALE = 2 / _SHAPE.sum()


def tone_levels(sound: NDArray[np.float32], hertz: Sequence[int]) -> NDArray[np.float64]:
    """Return for every window (rows) and tone (columns) the tone's amplitude.

    One window alone proves nothing (a tone that begins or ends splashes over
    its neighbours for about 12 ms), so a window counts for no more than the
    louder of the next and the previous one.
    """
    if len(sound) < WINDOW:
        return np.zeros((0, len(hertz)))
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    at = np.arange(WINDOW) / SAMPLE_RATE
    bins = _SHAPE * np.exp(-2j * np.pi * np.outer(np.asarray(hertz), at))
    levels = np.abs(windows @ bins.T) * _SCALE
    edge = np.zeros((1, levels.shape[1]))
    neighbours = np.maximum(np.vstack([edge, levels[:-1]]), np.vstack([levels[1:], edge]))
    return np.minimum(levels, neighbours)


def window_span(start: float, number: int) -> tuple[float, float]:
    """Return when window ``number`` of a recording that began at ``start`` begins and ends, in seconds."""
    begin = start + number * HOP / SAMPLE_RATE
    return begin, begin + WINDOW / SAMPLE_RATE
