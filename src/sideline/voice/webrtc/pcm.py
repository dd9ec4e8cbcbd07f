"""Opus to and from plain samples (PCM), for the edge at which a leg leaves the forwarder.

PCM here is signed, 16 bits, little endian, mono, :data:`PCM_RATE` samples a
second. The codec is libopus by way of PyAV, which aiortc brings.
"""

import av
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from numpy.typing import NDArray

from sideline.voice.webrtc.slots import FRAME_SAMPLES, SAMPLE_RATE

PCM_RATE = 16_000
"""Samples a second: wideband, as much as a telephone call carries."""

PCM_SAMPLES = PCM_RATE // 50
"""Samples of 20 ms."""

PCM_FRAME = 2 * PCM_SAMPLES
"""Octets of 20 ms."""

QUIET = 330
"""Peak below which a frame can be left out unheard: -40 dB of full scale."""

BIT_RATE = 32_000

COMPLEXITY = 5
"""Of 10; each step is heard less than the one before, while 10 costs half as much again."""

EXPECTED_LOSS = 5
"""Per cent of the packets that may be lost on the way to the browser, which then repairs most of them (in-band FEC)."""

Samples = NDArray[np.int16]

_NONE = np.zeros(0, dtype=np.int16)
_FADE_OUT = np.linspace(1, 0, PCM_SAMPLES, dtype=np.float32)
_FADE_IN_SAMPLES = 80  # 5 ms
_FADE_IN = np.linspace(0, 1, _FADE_IN_SAMPLES, dtype=np.float32)


def peak(samples: Samples) -> int:
    """Return how loud the loudest sample is, 0 … 32768."""
    return max(int(samples.max()), -int(samples.min())) if len(samples) else 0


class OpusReader:
    """Turns the packets of one stream into frames of PCM.

    What is missing is concealed by the last frame played backwards (so that
    the wave goes on where it was) and faded out, further ones by silence.
    """

    def __init__(self) -> None:
        self._decoder = av.AudioCodecContext.create("libopus", "r")
        self._decoder.format = "s16"
        self._decoder.layout = "mono"  # libopus mixes stereo down by itself
        self._decoder.sample_rate = SAMPLE_RATE
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=PCM_RATE)
        self._resampler.resample(_nothing_said())  # its filter is a millisecond behind: let that be silence
        self._ready = _NONE
        self._last = np.zeros(PCM_SAMPLES, dtype=np.int16)
        self._is_broken = True

    @property
    def has_frame(self) -> bool:
        """Whether a whole frame is ready to :meth:`take`."""
        return len(self._ready) >= PCM_SAMPLES

    @property
    def is_quiet(self) -> bool:
        """Whether the frame taken last can be shortened unheard."""
        return peak(self._last) < QUIET

    def read(self, payload: bytes) -> None:
        """Decode one packet; one that is malformed is concealed."""
        samples = self._decode(payload)
        if not len(samples):
            self.conceal()
            return
        if self._is_broken:
            samples = samples.copy()
            edge = min(_FADE_IN_SAMPLES, len(samples))
            samples[:edge] = (samples[:edge] * _FADE_IN[:edge]).astype(np.int16)
            self._is_broken = False
        self._add(samples)

    def read_as_one(self, first: bytes, second: bytes) -> None:
        """Decode two packets into the time of one: the quiet one goes, or one fades into the other."""
        one, two = self._decode(first), self._decode(second)
        if len(one) != len(two) or peak(one) < QUIET:
            self._add(two)
        elif peak(two) < QUIET:
            self._add(one)
        else:
            into = np.linspace(0, 1, len(one), dtype=np.float32)
            self._add((one * (1 - into) + two * into).astype(np.int16))

    def conceal(self) -> None:
        """Add a frame in place of one that is missing."""
        if self._is_broken:
            self._add(np.zeros(PCM_SAMPLES, dtype=np.int16))
        else:
            self._add((self._last[::-1] * _FADE_OUT).astype(np.int16))
            self._is_broken = True

    def take(self) -> Samples:
        """Return the next frame of 20 ms."""
        frame, self._ready = self._ready[:PCM_SAMPLES], self._ready[PCM_SAMPLES:]
        self._last = frame
        return frame

    def pause(self) -> None:
        """Forget an incomplete frame, as the speaker paused."""
        self._ready = _NONE
        self._is_broken = True

    def _add(self, samples: Samples) -> None:
        self._ready = np.concatenate((self._ready, samples)) if len(self._ready) else samples

    def _decode(self, payload: bytes) -> Samples:
        if not payload:  # to FFmpeg that would be the end of the stream
            return _NONE
        try:
            parts = [
                np.asarray(resampled.to_ndarray().reshape(-1), dtype=np.int16)
                for frame in self._decoder.decode(Packet(payload))
                for resampled in self._resampler.resample(frame)
            ]
        except FFmpegError:
            return _NONE
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else _NONE


class OpusWriter:
    """Turns frames of PCM into packets of one Opus stream."""

    def __init__(self) -> None:
        self._encoder = av.AudioCodecContext.create("libopus", "w")
        self._encoder.format = "s16"
        self._encoder.layout = "mono"
        self._encoder.sample_rate = PCM_RATE
        self._encoder.bit_rate = BIT_RATE
        self._encoder.options = {
            "application": "voip",
            "frame_duration": "20",
            "compression_level": str(COMPLEXITY),
            "fec": "1",
            "packet_loss": str(EXPECTED_LOSS),
        }
        self._position = 0

    def write(self, frame: bytes) -> list[bytes]:
        """Encode :data:`PCM_FRAME` octets; return the packets that this completes, nearly always one."""
        sound = av.AudioFrame(format="s16", layout="mono", samples=PCM_SAMPLES)
        sound.planes[0].update(frame)
        sound.sample_rate = PCM_RATE
        sound.pts = self._position
        self._position += PCM_SAMPLES
        return [bytes(packet) for packet in self._encoder.encode(sound)]


def _nothing_said() -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.zeros((1, FRAME_SAMPLES), dtype=np.int16), format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    return frame
