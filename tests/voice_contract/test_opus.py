"""libopus as it is found beside PyAV."""

import numpy as np
import pytest

from sideline.voice.webrtc.opus import OpusDecoder, OpusEncoder
from sideline.voice.webrtc.rtp import opus_samples
from sideline.voice.webrtc.sound import tone

RATE = 16_000
FRAME = RATE // 50
LEVEL = 0.3


def wave(hertz: int, frames: int) -> list[bytes]:
    at = np.arange(frames * FRAME) / RATE
    samples = (LEVEL * 32767 * np.sin(2 * np.pi * hertz * at)).astype("<i2")
    return [samples[n * FRAME : (n + 1) * FRAME].tobytes() for n in range(frames)]


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(2 * np.mean((samples / 32768) ** 2)))


def test_what_was_encoded_is_decoded_as_loud_as_it_was() -> None:
    encoder, decoder = OpusEncoder(RATE, bit_rate=32_000, complexity=5), OpusDecoder(RATE)
    packets = [encoder.encode(frame) for frame in wave(1000, 25)]
    assert {opus_samples(packet) for packet in packets} == {960}
    assert loudness(decoder.decode(packets[0])) < LEVEL
    heard = [decoder.decode(packet) for packet in packets[1:]]
    assert {len(samples) for samples in heard} == {FRAME}
    assert loudness(heard[-1]) == pytest.approx(LEVEL, rel=0.1)


def test_a_browsers_packets_are_decoded_at_the_rate_of_a_telephone() -> None:
    decoder = OpusDecoder(RATE)
    heard = [decoder.decode(packet) for packet in tone(1000)]
    assert loudness(heard[-1]) == pytest.approx(LEVEL, rel=0.1)


def test_a_lost_packet_is_concealed_and_repaired_if_the_next_one_repeats_it() -> None:
    encoder = OpusEncoder(RATE, bit_rate=32_000, complexity=5)
    encoder.expect_loss(0.2)
    frames = wave(300, 10) + [bytes(2 * FRAME)] * 10 + wave(1000, 10)
    packets = [encoder.encode(frame) for frame in frames]
    heard = {}
    for way in ("conceal", "repair"):
        decoder = OpusDecoder(RATE)
        for packet in packets[:20]:
            decoder.decode(packet)
        lost = decoder.conceal(FRAME) if way == "conceal" else decoder.repair(packets[21], FRAME)
        assert len(lost) == FRAME
        heard[way] = loudness(lost)
    assert heard["conceal"] < 0.01
    assert heard["repair"] == pytest.approx(LEVEL, rel=0.4)


def test_what_is_malformed_is_nothing() -> None:
    decoder = OpusDecoder(RATE)
    assert len(decoder.decode(b"\xff\xff")) == 0
    assert len(decoder.decode(tone(1000)[0])) == FRAME


def test_a_frame_of_no_length_that_opus_knows_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="libopus does not encode 6 octets"):
        OpusEncoder(RATE, bit_rate=32_000, complexity=5).encode(bytes(6))
