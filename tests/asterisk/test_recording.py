"""The ruler for telephones: what a recording of RTP says about packets made by hand."""

import struct

import numpy as np
import pytest

from tests.support.loopback_ear import Datagram
from tests.support.rtp_recording import RtpRecording
from tests.support.sound import FAINT, HERTZ, LOUD, tone_levels

FRAME = 0.02
START = 1000.0


def mu_law(sound: np.ndarray) -> bytes:
    """Return G.711 µ-law, by searching for the nearest of its 256 values."""
    code = ~np.arange(256, dtype=np.uint8)
    size = ((((code & 0x0F).astype(int) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    values = np.where(code & 0x80, -size, size) / 32768
    return bytes(np.abs(values[None, :] - sound[:, None]).argmin(axis=1).astype(np.uint8))


def frame(number: int, name: str, *, late: float = 0.0, ssrc: int = 1, samples_off: int = 0) -> Datagram:
    """Return the packet of 20 ms number ``number`` of somebody's endless tone."""
    at = np.arange(number * 160, number * 160 + 160) / 8000
    head = struct.pack("!BBHII", 0x80, 0, number % 65536, (number * 160 + samples_off) % 2**32, ssrc)
    return Datagram(START + number * FRAME + late, 5, 6, head + mu_law(0.3 * np.sin(2 * np.pi * HERTZ[name] * at)))


def recording(*datagrams: Datagram) -> RtpRecording:
    made = RtpRecording()
    for each in datagrams:
        made.take(each)
    return made


def levels(of: RtpRecording, name: str, start: float, end: float) -> np.ndarray:
    return tone_levels(of.heard(START + start, START + end), [HERTZ[name]])[:, 0]


@pytest.mark.parametrize("name", list(HERTZ))
def test_every_tone_is_as_loud_as_it_was_played(name: str) -> None:
    made = recording(*(frame(n, name) for n in range(60)))
    assert levels(made, name, 0.1, 1.1) == pytest.approx(0.3, abs=0.005)


def test_one_frame_of_another_tone_is_found_and_all_others_are_not_blamed() -> None:
    made = recording(*(frame(n, "agent" if n != 30 else "sara") for n in range(60)))
    assert levels(made, "sara", 0.4, 0.8).max() > FAINT
    assert levels(made, "tom", 0.1, 0.5).max() < FAINT


def test_jitter_does_not_tear_a_tone() -> None:
    made = recording(*(frame(n, "agent", late=0.01 * (n % 3)) for n in range(60)))
    assert levels(made, "agent", 0.1, 1.0).min() > 0.29
    assert levels(made, "sara", 0.1, 1.0).max() < FAINT


def test_a_frame_that_the_sender_left_out_shifts_what_follows_to_when_it_came() -> None:
    made = recording(*(frame(n, "agent", late=0.1 if n >= 30 else 0.0) for n in range(60)))
    assert levels(made, "agent", 0.55, 0.75).min() < FAINT < LOUD < levels(made, "agent", 0.4, 0.59).min()
    assert levels(made, "agent", 0.72, 1.1).min() > 0.29


def test_two_streams_at_once_are_added_up() -> None:
    made = recording(
        *(frame(n, "agent") for n in range(60)), *(frame(n, "sara", ssrc=2, samples_off=777) for n in range(60))
    )
    assert levels(made, "agent", 0.1, 1.1).min() > 0.29
    assert levels(made, "sara", 0.1, 1.1).min() > 0.29


def test_a_gap_is_measured_to_the_edges_of_the_span() -> None:
    made = recording(*(frame(n, "agent") for n in range(60) if not 20 < n < 30))
    assert made.gaps(START, START + 0.3) == pytest.approx(FRAME)
    assert made.gaps(START, START + 1) == pytest.approx(0.2)
    assert made.gaps(START + 1, START + 3) == pytest.approx(3 - 59 * FRAME)


def test_what_is_no_sound_is_not_kept() -> None:
    made = recording(Datagram(START, 5, 6, b""), Datagram(START, 5, 6, b"\x80\x65" + bytes(14)))
    assert made.packets == []
