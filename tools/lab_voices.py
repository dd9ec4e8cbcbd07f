"""What the laboratory's bots say, from the demo's recorded voices: decoded once into files that a telephone plays."""

import wave
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import av

from sideline.entry.demo.lines import AGENT_LINES, AGENTS, CUSTOMER_LINES, CUSTOMERS

RATE = 8_000
"""Of a telephone line."""
TAIL = bytes(2 * RATE * 20)
"""Silence after each sentence: a telephone hangs up where its file ends, and it is told late what to play next."""


class Line(NamedTuple):
    """One sentence."""

    path: Path
    seconds: float


Voices = dict[str, list[Line]]
"""Every speaker's sentences, by their number."""


def decode_voices(folder: Path) -> Voices:
    """Write every sentence of the demo into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {each.name: len(AGENT_LINES) for each in AGENTS} | {each.name: len(CUSTOMER_LINES) for each in CUSTOMERS}
    shipped = files("sideline.entry.demo") / "voices"
    found: Voices = {}
    for speaker, count in numbers.items():
        found[speaker] = []
        for number in range(count):
            path = folder / f"{speaker}-{number:02}.wav"
            sound = decode(Path(str(shipped / speaker / f"{number:02}.opus")))
            _write(path, sound + TAIL)
            found[speaker].append(Line(path, len(sound) / 2 / RATE))
    return found


def decode(path: Path) -> bytes:
    """Return a sound file as a telephone line carries it: mono, 8 kHz, 16 bits."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    sound = bytearray()
    with av.open(str(path)) as container:
        for frame in [*container.decode(audio=0), None]:
            for part in resampler.resample(frame):
                sound += part.to_ndarray().tobytes()
    return bytes(sound)


def _write(path: Path, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound)
