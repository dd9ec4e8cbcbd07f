"""Speech payloads: tone and noise would flatter or punish a codec."""

import subprocess
import wave
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from sideline.voice.webrtc.slots import SAMPLE_RATE
from sideline.voice.webrtc.sound import encode

TEXT = (
    "Good morning, thank you for calling. My name is Alice, how may I help you today? "
    "I am calling about the invoice of last month. It seems that I was charged twice for the same order, "
    "and I would like to know when I get the money back. Of course. May I have the number of the order, please? "
    "It is four seven one one, dash, nine. One moment, I am looking that up for you. Yes, I can see it here."
)


def spoken() -> NDArray[np.float32]:
    """Return about twenty seconds of speech at 48 kHz, made by espeak-ng."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        subprocess.run(["espeak-ng", "-v", "en", "-w", str(path), TEXT], check=True)
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            raw = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    at = np.arange(int(len(raw) * SAMPLE_RATE / rate)) * rate / SAMPLE_RATE
    return (np.interp(at, np.arange(len(raw)), raw) / 32768).astype(np.float32)


def speech() -> list[bytes]:
    """Return the speech as 20 ms Opus packets at 32 kbit/s."""
    return encode(spoken())
