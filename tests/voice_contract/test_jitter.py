"""The jitter buffer of a patch: order, concealment, and a delay that never stays."""

from collections.abc import Iterable, Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sideline.voice.webrtc.jitter import LEAP_SPARE, MAX_SPARE, MISSING, NOTHING, JitterBuffer, Pull
from sideline.voice.webrtc.slots import FRAME_SAMPLES

PERIOD = 0.02
TOC = 0x98  # CELT, 20 ms
DTX = bytes([0x08])  # SILK, 20 ms, no frame inside


def packet(number: int) -> bytes:
    return bytes([TOC]) + number.to_bytes(4, "big")


def number_of(payload: bytes) -> int:
    return int.from_bytes(payload[1:], "big")


def played(pulls: Iterable[Pull]) -> list[int]:
    return [number_of(payload) for pull in pulls for payload in pull.payloads]


def run(arrivals: Iterable[tuple[float, int]], beats: int, *, first: int = 0, quiet: bool = False) -> Iterator[Pull]:
    """Play packets that arrive at these moments, beat by beat."""
    buffer = JitterBuffer()
    coming = sorted(arrivals)
    for beat in range(beats):
        now = (beat + 0.5) * PERIOD
        while coming and coming[0][0] <= now:
            number = coming.pop(0)[1]
            buffer.put(first + number & 0xFFFF, packet(number))
        yield buffer.pull(is_quiet=quiet)


def steady(count: int, *, period: float = PERIOD) -> list[tuple[float, int]]:
    return [(n * period, n) for n in range(count)]


def delays(arrivals: Iterable[tuple[float, int]], pulls: list[Pull], period: float = PERIOD) -> list[float]:
    """Return for every beat that played a packet how long ago that one was said."""
    return [
        (beat + 0.5) * PERIOD - number_of(pull.payloads[-1]) * period
        for beat, pull in enumerate(pulls)
        if pull.payloads
    ]


@given(st.integers(0, 0xFFFF))
def test_on_a_good_network_every_packet_is_played_at_the_next_beat(first: int) -> None:
    pulls = list(run(steady(200), 200, first=first))
    assert played(pulls) == list(range(200))
    assert all(len(pull.payloads) == 1 for pull in pulls)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 4), st.integers(0, 200)), max_size=300),
    st.integers(0, 0xFFFF),
    st.booleans(),
)
def test_whatever_comes_is_played_in_order_and_once_and_never_piles_up(
    arrivals: list[tuple[float, int]], first: int, quiet: bool
) -> None:
    buffer = JitterBuffer()
    coming = sorted(arrivals)
    pulls = []
    for beat in range(230):
        while coming and coming[0][0] <= beat * PERIOD:
            number = coming.pop(0)[1]
            buffer.put(first + number & 0xFFFF, packet(number))
            assert buffer.level <= LEAP_SPARE + FRAME_SAMPLES
        pulls.append(buffer.pull(is_quiet=quiet))
    numbers = played(pulls)
    assert numbers == sorted(set(numbers))
    assert pulls[-1] == NOTHING


def test_a_lost_packet_is_concealed_once_and_makes_no_delay() -> None:
    arrivals = [(at, n) for at, n in steady(100) if n != 50]
    pulls = list(run(arrivals, 100))
    assert sum(pull.is_missing for pull in pulls) == 1
    assert pulls[50].is_missing
    assert delays(arrivals, pulls)[-1] <= PERIOD


def test_a_late_packet_is_played_late_and_its_delay_goes_again_in_a_quiet_moment() -> None:
    arrivals = [(at + PERIOD if n == 50 else at, n) for at, n in steady(400)]
    pulls = list(run(arrivals, 400, quiet=True))
    assert pulls[50] == MISSING
    assert played(pulls) == list(range(400))
    late = delays(arrivals, pulls)
    assert min(late[51:140]) > PERIOD
    assert max(late[200:]) <= PERIOD


def test_a_packet_that_a_later_one_overtook_is_repaired_by_it() -> None:
    arrivals = [(0.0, 0), (0.02, 1), (0.03, 3)]
    pulls = list(run(arrivals, 4))
    assert pulls[2] == Pull(is_missing=True, repair=packet(3))
    assert pulls[3] == Pull((packet(3),))


def test_packets_out_of_order_are_put_in_order() -> None:
    random = Random(7)
    arrivals = [(at + random.uniform(0, 0.04), n) for at, n in steady(1000)]
    pulls = list(run(arrivals, 1000))
    assert played(pulls) == sorted(played(pulls))
    assert len(played(pulls)) > 970
    assert max(delays(arrivals, pulls)) <= 0.08


def test_what_comes_at_once_after_a_stall_is_never_more_than_60_ms_late_for_long() -> None:
    arrivals = [(1.0 if 30 <= n <= 50 else at, n) for at, n in steady(200)]
    pulls = list(run(arrivals, 200))
    late = delays(arrivals, pulls)
    after = late[35:]
    assert max(after) <= (MAX_SPARE / FRAME_SAMPLES + 1) * PERIOD + PERIOD


def test_clocks_that_drift_apart_never_add_up_to_a_delay() -> None:
    beats = 50 * 300  # five minutes; a difference of 0.1 % would be 300 ms
    for period in (PERIOD * 0.999, PERIOD * 1.001):
        count = round(beats * PERIOD / period)
        arrivals = steady(count, period=period)
        pulls = list(run(arrivals, beats))
        assert max(delays(arrivals, pulls, period)) <= 0.06
        assert sum(pull.is_missing for pull in pulls) <= 20
        assert len(played(pulls)) >= count - 20


def test_a_microphone_that_pauses_is_concealed_for_60_ms_and_then_silent() -> None:
    arrivals = [(at, n) if n < 50 else (at + 1.0, n) for at, n in steady(100)]
    pulls = list(run(arrivals, 150))
    assert pulls[50:54] == [MISSING, MISSING, MISSING, NOTHING]
    assert set(pulls[54:99]) == {NOTHING}
    assert played(pulls) == list(range(100))


def test_a_microphone_that_says_it_is_silent_is_not_concealed() -> None:
    buffer = JitterBuffer()
    buffer.put(1, packet(1))
    assert buffer.pull().payloads == (packet(1),)
    buffer.put(2, DTX)
    assert buffer.pull().payloads == (DTX,)
    assert buffer.pull() == NOTHING
    buffer.put(3, packet(3))
    assert buffer.pull().payloads == (packet(3),)


def test_what_is_no_opus_is_not_kept() -> None:
    buffer = JitterBuffer()
    buffer.put(1, b"")
    buffer.put(2, bytes([TOC | 3, 0]))
    assert buffer.level == 0
    assert buffer.pull() == NOTHING
