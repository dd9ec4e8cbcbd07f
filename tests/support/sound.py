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
LOUD = 0.08
"""Amplitude above which a tone is there. The tones are played at 0.3; one leaked 20 ms frame measures about 0.2."""

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


def loud_tones(sound: NDArray[np.float32], hertz: Sequence[int]) -> NDArray[np.bool_]:
    """Return for every window (rows) and tone (columns) whether the tone is loud there.

    One window alone proves nothing (a tone that begins or ends splashes over
    its neighbours for about 12 ms), so a window counts only if the next or the
    previous one agrees.
    """
    if len(sound) < WINDOW:
        return np.zeros((0, len(hertz)), dtype=np.bool_)
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    at = np.arange(WINDOW) / SAMPLE_RATE
    bins = _SHAPE * np.exp(-2j * np.pi * np.outer(np.asarray(hertz), at))
    loud = np.abs(windows @ bins.T) * _SCALE > LOUD
    before = np.vstack([np.zeros((1, loud.shape[1]), dtype=np.bool_), loud[:-1]])
    after = np.vstack([loud[1:], np.zeros((1, loud.shape[1]), dtype=np.bool_)])
    return loud & (before | after)


def window_span(start: float, number: int) -> tuple[float, float]:
    """Return when window ``number`` of a recording that began at ``start`` begins and ends, in seconds."""
    begin = start + number * HOP / SAMPLE_RATE
    return begin, begin + WINDOW / SAMPLE_RATE
