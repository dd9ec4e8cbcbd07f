"""Opus by libopus itself, which PyAV brings along: one state each way, no threads.

PyAV's own encoder and resampler are filter graphs, each with as many threads as
the machine has cores; with a state of libopus a leg costs nothing but its
frames, and what is lost can be concealed and repaired as Opus means it.
Source of names and numbers: ``opus.h`` and ``opus_defines.h`` of libopus 1.x,
whose binary interface has been the same since 2012.
"""

import ctypes
import ctypes.util
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

MAX_PACKET = 1275
"""Octets of one frame (RFC 6716 section 3.2.1)."""

MAX_SECONDS = 0.12
"""The longest packet."""

_VOIP = 2048
_RESET = 4028
_SET_BIT_RATE = 4002
_SET_COMPLEXITY = 4010
_SET_INBAND_FEC = 4012
_SET_PACKET_LOSS = 4014

Samples = NDArray[np.int16]


class OpusMissing(RuntimeError):
    """libopus is not where PyAV's packages have it, nor among the system's libraries; ``str()`` is a sentence."""


@cache
def libopus() -> Any:
    """Return the library. Raises :class:`OpusMissing`."""
    packages = Path(av.__file__).parent
    beside = [*packages.parent.glob("av.libs/libopus*"), *packages.glob(".dylibs/libopus*")]
    found = [str(path) for path in beside] or [name for name in [ctypes.util.find_library("opus")] if name]
    for name in found:
        try:
            return _declared(ctypes.CDLL(name))
        except (OSError, AttributeError):  # not loadable, or not libopus
            continue
    raise OpusMissing("libopus was found neither beside PyAV nor among the system's libraries: install libopus0.")


class OpusDecoder:
    """Decodes one stream to mono at ``rate``; stereo is mixed down."""

    def __init__(self, rate: int) -> None:
        self._library = libopus()
        error = ctypes.c_int()
        self._state = self._library.opus_decoder_create(rate, 1, ctypes.byref(error))
        if not self._state:
            raise ValueError(f"libopus makes no decoder for {rate} Hz: error {error.value}.")
        self._out = np.zeros(int(rate * MAX_SECONDS), dtype=np.int16)
        self._pointer = self._out.ctypes.data

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_decoder_destroy(self._state)

    def decode(self, payload: bytes) -> Samples:
        """Return the samples of one packet; none if it is malformed."""
        return self._run(payload, len(self._out), 0)

    def conceal(self, count: int) -> Samples:
        """Return ``count`` samples in place of a packet that is lost."""
        return self._run(None, count, 0)

    def repair(self, following: bytes, count: int) -> Samples:
        """Return ``count`` samples of a lost packet by what the one after it repeats; concealed if that is nothing."""
        return self._run(following, count, 1)

    def _run(self, payload: bytes | None, count: int, fec: int) -> Samples:
        size = len(payload) if payload is not None else 0
        made = self._library.opus_decode(self._state, payload, size, self._pointer, count, fec)
        return self._out[: max(0, made)].copy()


class OpusEncoder:
    """Encodes mono speech at ``rate``, frame by frame."""

    def __init__(self, rate: int, *, bit_rate: int, complexity: int) -> None:
        self._library = libopus()
        error = ctypes.c_int()
        self._state = self._library.opus_encoder_create(rate, 1, _VOIP, ctypes.byref(error))
        if not self._state:
            raise ValueError(f"libopus makes no encoder for {rate} Hz: error {error.value}.")
        self._out = ctypes.create_string_buffer(MAX_PACKET)
        self._set(_SET_BIT_RATE, bit_rate)
        self._set(_SET_COMPLEXITY, complexity)
        self._set(_SET_INBAND_FEC, 1)

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.opus_encoder_destroy(self._state)

    def encode(self, frame: bytes) -> bytes:
        """Return the packet of a frame of signed 16 bit samples (2.5, 5, 10, 20, 40 or 60 ms)."""
        made = self._library.opus_encode(self._state, frame, len(frame) // 2, self._out, MAX_PACKET)
        if made < 0:
            raise ValueError(f"libopus does not encode {len(frame)} octets: error {made}.")
        return self._out.raw[:made]

    def expect_loss(self, share: float) -> None:
        """Protect packets against this share of them being lost, 0 … 1, by repeating what matters in the next."""
        self._set(_SET_PACKET_LOSS, min(100, max(0, round(100 * share))))

    def reset(self) -> None:
        """Begin anew, as a listener's decoder does."""
        self._library.opus_encoder_ctl(self._state, _RESET)

    def _set(self, what: int, value: int) -> None:
        # Further arguments are variadic, which some platforms pass differently: they must stay undeclared.
        self._library.opus_encoder_ctl(self._state, what, ctypes.c_int32(value))


def _declared(library: Any) -> Any:
    pointer, number, text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p
    library.opus_decoder_create.restype = pointer
    library.opus_decoder_create.argtypes = [number, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    library.opus_decoder_destroy.restype = None
    library.opus_decoder_destroy.argtypes = [pointer]
    library.opus_decode.restype = ctypes.c_int
    library.opus_decode.argtypes = [pointer, text, number, pointer, ctypes.c_int, ctypes.c_int]
    library.opus_encoder_create.restype = pointer
    library.opus_encoder_create.argtypes = [number, ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    library.opus_encoder_destroy.restype = None
    library.opus_encoder_destroy.argtypes = [pointer]
    library.opus_encode.restype = number
    library.opus_encode.argtypes = [pointer, text, ctypes.c_int, pointer, number]
    library.opus_encoder_ctl.restype = ctypes.c_int
    library.opus_encoder_ctl.argtypes = [pointer, ctypes.c_int]
    return library
