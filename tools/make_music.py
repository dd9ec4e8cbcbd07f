"""Make ``src/sideline/voice/webrtc/music.opus``: the hold music that comes with Sideline.

Twenty-four seconds of quiet plucked chords, synthesized here from sine waves, so
that nobody's rights are touched. The last notes ring into the beginning, so the
loop has no seam. Run it again only to change the music: ``python tools/make_music.py``.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sideline.voice.webrtc.ogg import write_opus
from sideline.voice.webrtc.slots import SAMPLE_RATE
from sideline.voice.webrtc.sound import encode

TARGET = Path(__file__).parents[1] / "src" / "sideline" / "voice" / "webrtc" / "music.opus"

BEAT_SECONDS = 0.5
LEVEL = 0.12
"""Peak of full scale: well below a voice."""

# One bar a chord, as MIDI note numbers: C, Am, F, G, Em, F.
CHORDS = ((48, 55, 60, 64), (45, 52, 57, 60), (41, 53, 57, 60), (43, 50, 55, 59), (40, 52, 55, 59), (41, 53, 57, 60))
# Which note of the chord each of eight quavers plucks.
PATTERN = (0, 1, 2, 3, 2, 3, 1, 2)


def pluck(note: int, seconds: float) -> NDArray[np.float64]:
    """Return one soft plucked note: three harmonics that fade, the higher the faster."""
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = 440 * 2 ** ((note - 69) / 12)
    harmonics = ((1, 1.0, 1.8), (2, 0.35, 3.0), (3, 0.12, 5.0))
    sound = sum(level * np.sin(2 * np.pi * hertz * n * at) * np.exp(-fade * at) for n, level, fade in harmonics)
    return np.minimum(at / 0.008, 1) * sound


def compose() -> NDArray[np.float32]:
    """Return the whole loop, -1 … 1."""
    step = BEAT_SECONDS / 2
    bars = [chord for chord in CHORDS for _ in range(2)]
    total = int(len(bars) * len(PATTERN) * step * SAMPLE_RATE)
    sound = np.zeros(total)
    for bar, chord in enumerate(bars):
        for quaver, which in enumerate(PATTERN):
            note = pluck(chord[which] + (12 if bar % 2 and which == 3 else 0), 3.0)
            start = int((bar * len(PATTERN) + quaver) * step * SAMPLE_RATE)
            np.add.at(sound, (start + np.arange(len(note))) % total, note)
    return (LEVEL * sound / np.abs(sound).max()).astype(np.float32)


def main() -> None:
    """Write the file, encoding the loop twice and keeping the second pass, whose codec state is settled."""
    sound = compose()
    packets = encode(np.concatenate([sound, sound]), bit_rate=24_000, application="audio")
    TARGET.write_bytes(write_opus(packets[len(packets) // 2 :]))
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {len(packets) // 2 / 50:g} s")


if __name__ == "__main__":
    main()
