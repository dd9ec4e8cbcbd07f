"""From Opus packets to steady frames of plain samples (PCM), at the edge at which a leg leaves the forwarder.

PCM here is signed, 16 bits, little endian, mono, :data:`PCM_RATE` samples a second.
"""

import numpy as np

from sideline.voice.webrtc.jitter import Pull
from sideline.voice.webrtc.opus import OpusDecoder, Samples

PCM_RATE = 16_000
"""Samples a second: wideband, as much as a telephone call carries."""

PCM_SAMPLES = PCM_RATE // 50
"""Samples of 20 ms."""

PCM_FRAME = 2 * PCM_SAMPLES
"""Octets of 20 ms."""

QUIET = 330
"""Peak below which a frame can be left out unheard: -40 dB of full scale."""

_NONE = np.zeros(0, dtype=np.int16)


def peak(samples: Samples) -> int:
    """Return how loud the loudest sample is, 0 … 32768."""
    return max(int(samples.max()), -int(samples.min())) if len(samples) else 0


class PcmReader:
    """Turns what a jitter buffer hands out, packets of any length, into frames of 20 ms."""

    def __init__(self) -> None:
        self._decoder = OpusDecoder(PCM_RATE)
        self._ready = _NONE
        self._last = _NONE

    @property
    def has_frame(self) -> bool:
        """Whether a whole frame is ready to :meth:`take`."""
        return len(self._ready) >= PCM_SAMPLES

    @property
    def is_quiet(self) -> bool:
        """Whether the frame taken last could have been left out unheard."""
        return peak(self._last) < QUIET

    def read(self, pulled: Pull) -> None:
        """Decode what was pulled; what is missing or malformed is repaired or concealed."""
        if pulled.is_missing:
            self._add(self._replaced(pulled.repair))
        elif len(pulled.payloads) == 1:
            self._add(self._decoded(pulled.payloads[0]))
        else:
            self._add(_as_one(*map(self._decoded, pulled.payloads)))

    def take(self) -> Samples:
        """Return the next frame of 20 ms."""
        frame, self._ready = self._ready[:PCM_SAMPLES], self._ready[PCM_SAMPLES:]
        self._last = frame
        return frame

    def pause(self) -> None:
        """Forget an incomplete frame, as the speaker paused."""
        self._ready = _NONE

    def _add(self, samples: Samples) -> None:
        self._ready = np.concatenate((self._ready, samples)) if len(self._ready) else samples

    def _decoded(self, payload: bytes) -> Samples:
        samples = self._decoder.decode(payload)
        return samples if len(samples) else self._replaced(b"")

    def _replaced(self, following: bytes) -> Samples:
        if following:
            return self._decoder.repair(following, PCM_SAMPLES)
        return self._decoder.conceal(PCM_SAMPLES)


def _as_one(one: Samples, two: Samples) -> Samples:
    """Put two packets into the time of one: the quiet one goes, or the first fades into the second."""
    if len(one) != len(two) or peak(one) < QUIET:
        return two
    if peak(two) < QUIET:
        return one
    into = np.linspace(0, 1, len(one), dtype=np.float32)
    return (one * (1 - into) + two * into).astype(np.int16)
