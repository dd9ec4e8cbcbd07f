"""Making sound: tones and Opus packets of 20 ms, encoded beforehand."""

from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray

from sideline.voice.webrtc.slots import FRAME_SAMPLES, SAMPLE_RATE

TONE_SECONDS = 1
"""Length of a tone's loop."""

_WARM_UP_FRAMES = 10


def encode(sound: NDArray[np.float32], *, bit_rate: int = 32_000, application: str = "voip") -> list[bytes]:
    """Encode mono sound at 48 kHz, -1 … 1, into 20 ms Opus packets; an incomplete last frame is dropped.

    ``application`` is Opus' own: ``voip``, ``audio`` or ``lowdelay`` (which
    predicts little from frame to frame, so a loop of packets has no seam).
    """
    encoder = av.AudioCodecContext.create("libopus", "w")
    encoder.format = "s16"
    encoder.layout = "mono"
    encoder.sample_rate = SAMPLE_RATE
    encoder.bit_rate = bit_rate
    encoder.options = {"application": application, "frame_duration": "20"}
    samples = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    packets: list[bytes] = []
    for start in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = av.AudioFrame.from_ndarray(
            samples[start : start + FRAME_SAMPLES].reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate = SAMPLE_RATE
        frame.pts = start
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


@lru_cache(maxsize=64)
def tone(hertz: int, level: float = 0.3) -> tuple[bytes, ...]:
    """Return a tone as packets to be looped; ``hertz`` a multiple of 50, so that the loop has no seam."""
    if hertz % 50:
        raise ValueError(f"A tone of {hertz} Hz does not fit a whole number of times into 20 ms: use a multiple of 50.")
    frames = TONE_SECONDS * 50 + _WARM_UP_FRAMES
    at = np.arange(frames * FRAME_SAMPLES) / SAMPLE_RATE
    packets = encode((level * np.sin(2 * np.pi * hertz * at)).astype(np.float32), application="lowdelay")
    return tuple(packets[_WARM_UP_FRAMES:])
