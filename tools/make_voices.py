"""Speak the demo's lines into small Ogg Opus files (needs espeak-ng).

Run after a change of ``src/sideline/entry/demo/lines.py``:
``.venv/bin/python tools/make_voices.py``. The files are kept in the repository.
"""

import io
import subprocess
import sys
from pathlib import Path

import av
import numpy as np

from sideline.entry.demo.lines import AGENT_LINES, AGENTS, CUSTOMER_LINES, CUSTOMERS, Speaker
from sideline.voice.webrtc.ogg import write_opus
from sideline.voice.webrtc.sound import encode

VOICES = Path(__file__).resolve().parents[1] / "src" / "sideline" / "entry" / "demo" / "voices"
BIT_RATE = 14_000
LOUDEST = 0.5


def speak(speaker: Speaker, line: str) -> np.ndarray:
    """Return the line as mono sound at 48 kHz, its peak at LOUDEST."""
    command = ["espeak-ng", "-v", speaker.voice, "-s", str(speaker.speed), "-p", str(speaker.pitch), "--stdout", line]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=48_000)
    with av.open(io.BytesIO(wave)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float32)
    return sound * (LOUDEST / max(float(np.abs(sound).max()), 1e-6))


def main() -> None:
    """Write every line of every speaker."""
    total = 0
    for speakers, lines in ((AGENTS, AGENT_LINES), (CUSTOMERS, CUSTOMER_LINES)):
        for speaker in speakers:
            folder = VOICES / speaker.name
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.glob("*.opus"):
                old.unlink()
            for number, line in enumerate(lines):
                data = write_opus(encode(speak(speaker, line), bit_rate=BIT_RATE))
                (folder / f"{number:02}.opus").write_bytes(data)
                total += len(data)
    print(f"{total // 1024} KiB in {VOICES}", file=sys.stderr)


main()
