from hypothesis import given, settings
from hypothesis import strategies as st

from sideline.voice.webrtc.rtp import FIXED_HEADER, opus_samples, payload_of
from sideline.voice.webrtc.slots import (
    FRAME_SAMPLES,
    MAX_LATE,
    SILENCE_FRAME,
    SLOTS,
    SlotStream,
    SlotTable,
)

SPEAKERS = "abcdefg"
MUSIC = "music"


def header(packet: bytes) -> tuple[int, int, int, int, int]:
    return FIXED_HEADER.unpack_from(packet)


def said(stream: SlotStream, source: int, sequence: int, timestamp: int, now: float, payload: bytes = b"x") -> bytes:
    return stream.forward(source, 111, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, payload, now)


# --- who gets which slot


@settings(deadline=None)
@given(st.lists(st.frozensets(st.sampled_from([*SPEAKERS, MUSIC])), max_size=12))
def test_slots_carry_only_who_is_wanted_and_as_many_as_fit(steps: list[frozenset[str]]) -> None:
    table = SlotTable(yielding=frozenset({MUSIC}))
    for wanted in steps:
        change = table.assign(wanted)
        carried = [s for s in table.speakers if s is not None]
        assert len(carried) == len(set(carried)) == min(SLOTS, len(wanted))
        assert set(carried) <= wanted
        assert set(change.waiting) == wanted - set(carried)


@settings(deadline=None)
@given(st.lists(st.frozensets(st.sampled_from(SPEAKERS)), max_size=12))
def test_a_speaker_keeps_its_slot_while_wanted(steps: list[frozenset[str]]) -> None:
    table = SlotTable()
    for wanted in steps:
        before = table.speakers
        change = table.assign(wanted)
        for slot, speaker in enumerate(before):
            if speaker in wanted:
                assert table.speakers[slot] == speaker
            elif speaker is not None:
                assert change.closed[slot] == speaker


@settings(deadline=None)
@given(st.lists(st.frozensets(st.sampled_from(SPEAKERS), max_size=SLOTS), max_size=12))
def test_assigning_the_same_speakers_again_changes_nothing(steps: list[frozenset[str]]) -> None:
    table = SlotTable()
    for wanted in steps:
        table.assign(wanted)
        again = table.assign(wanted)
        assert not again.closed
        assert not again.opened


def test_a_new_speaker_gets_the_least_recently_used_slot() -> None:
    table = SlotTable()
    table.assign({"a"})
    table.assign({"b"})
    table.assign({"c"})
    assert table.speakers == (None, None, "c", None)
    table.assign({"c", "d"})
    assert table.speakers == (None, None, "c", "d")
    table.assign({"c", "d", "e"})
    assert table.speakers == ("e", None, "c", "d")


def test_a_fifth_speaker_waits_and_is_heard_as_soon_as_a_slot_falls_free() -> None:
    table = SlotTable()
    table.assign(set("abcd"))
    assert table.assign(set("abcde")).waiting == ("e",)
    assert table.assign(set("abcdef")).waiting == ("e", "f")
    change = table.assign(set("abcef"))
    assert change.opened == {3: "e"}
    assert change.waiting == ("f",)


def test_music_gives_way_to_a_person() -> None:
    table = SlotTable(yielding=frozenset({MUSIC}))
    table.assign({MUSIC, *"abc"})
    change = table.assign({MUSIC, *"abcd"})
    assert MUSIC in change.closed.values()
    assert change.waiting == (MUSIC,)
    assert table.assign({MUSIC, *"abd"}).opened.popitem()[1] == MUSIC


# --- one continuous stream


@st.composite
def talks(draw: st.DrawFn) -> list[tuple[int, int, int, int]]:
    """Speakers taking turns: (source, first sequence, first timestamp, packets)."""
    return draw(
        st.lists(
            st.tuples(
                st.integers(0, 3),
                st.integers(0, 0xFFFF),
                st.integers(0, 0xFFFFFFFF),
                st.integers(1, 40),
            ),
            min_size=1,
            max_size=8,
        )
    )


@settings(deadline=None)
@given(talks(), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans())
def test_sequence_numbers_run_on_across_speakers_gaps_and_wraparound(
    turns: list[tuple[int, int, int, int]], sequence: int, timestamp: int, with_tail: bool
) -> None:
    stream = SlotStream(7, 96, sequence, timestamp)
    sent: list[bytes] = []
    now = 100.0
    for turn, (_, first_sequence, first_timestamp, count) in enumerate(turns):
        for n in range(count):
            now += 0.02
            sent.append(said(stream, turn, first_sequence + n, first_timestamp + n * FRAME_SAMPLES, now))
        if with_tail:
            sent += stream.close(now)
        else:
            stream.reuse()
        now += 0.5
    expected = sequence
    last_timestamp = timestamp
    for packet in sent:
        first, second, got_sequence, got_timestamp, ssrc = header(packet)
        expected = (expected + 1) & 0xFFFF
        assert got_sequence == expected
        assert 0 < (got_timestamp - last_timestamp) & 0xFFFFFFFF < 48_000
        assert (first, second & 0x7F, ssrc) == (0x80, 96, 7)
        last_timestamp = got_timestamp


@settings(deadline=None)
@given(st.data())
def test_no_sequence_number_is_used_twice_whatever_order_packets_come_in(data: st.DataObject) -> None:
    stream = SlotStream(7, 96, data.draw(st.integers(0, 0xFFFF)), 0)
    used: set[int] = set()
    now = 0.0
    for turn in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, 0xFFFF))
        order = data.draw(st.permutations(range(data.draw(st.integers(1, 60)))))
        for n in order:
            now += 0.02
            packet = said(stream, turn, start + n, (start + n) * FRAME_SAMPLES, now)
            if packet:
                number = header(packet)[2]
                assert number not in used
                used.add(number)
        for packet in stream.close(now):
            number = header(packet)[2]
            assert number not in used
            used.add(number)


@settings(deadline=None)
@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=200, unique=True))
def test_a_source_that_leaps_never_moves_a_slot_far(numbers: list[int]) -> None:
    stream = SlotStream(7, 96, 5, 0)
    last = 5
    for n, number in enumerate(numbers):
        packet = said(stream, 1, number, n * FRAME_SAMPLES, n * 0.02)
        if packet:
            moved = (header(packet)[2] - last + 0x8000) % 0x10000 - 0x8000
            assert -MAX_LATE <= moved <= 1000
            if moved > 0:
                last = header(packet)[2]


def test_loss_of_the_speaker_stays_visible_to_the_listener() -> None:
    stream = SlotStream(7, 96, 10, 0)
    numbers = [header(said(stream, 1, n, n * FRAME_SAMPLES, n / 50))[2] for n in (100, 101, 103, 102, 106)]
    assert numbers == [11, 12, 14, 13, 17]


def test_a_packet_from_before_the_speaker_was_routed_is_dropped() -> None:
    stream = SlotStream(7, 96, 10, 0)
    assert said(stream, 1, 100, 0, 0.0)
    assert said(stream, 1, 99, -FRAME_SAMPLES, 0.01) == b""
    assert said(stream, 1, 100, 0, 0.01) == b""


def test_a_change_of_speaker_is_marked_and_timed_by_the_clock() -> None:
    stream = SlotStream(7, 96, 10, 5000)
    said(stream, 1, 100, 90_000, 1.0)
    before = stream.timestamp
    stream.close(1.0)
    after = header(said(stream, 2, 7, 1, 3.0))
    assert after[1] & 0x80
    assert (after[3] - before) & 0xFFFFFFFF == 2 * FRAME_SAMPLES + 96_000
    assert not header(said(stream, 2, 8, 961, 3.02))[1] & 0x80


def test_two_silence_frames_end_a_slot_that_falls_idle_and_none_an_unused_or_reused_one() -> None:
    stream = SlotStream(7, 96)
    assert stream.close(0.0) == []
    said(stream, 1, 100, 0, 0.0)
    assert [payload_of(p) for p in stream.close(0.02)] == [SILENCE_FRAME] * 2
    assert stream.close(0.04) == []
    said(stream, 1, 101, 960, 0.06)
    stream.reuse()
    assert stream.close(0.08) == []


def test_a_sender_report_shows_the_time_since_the_last_packet() -> None:
    stream = SlotStream(7, 96, 0, 0)
    said(stream, 1, 0, 0, 10.0)
    assert stream.timestamp_at(10.5) == stream.timestamp + 24_000


# --- reading packets


@settings(deadline=None)
@given(
    st.binary(min_size=1, max_size=60),
    st.integers(0, 4),
    st.one_of(st.none(), st.integers(0, 5)),
    st.integers(0, 9),
)
def test_header_extensions_sources_and_padding_are_never_forwarded(
    payload: bytes, sources: int, extension_words: int | None, padding: int
) -> None:
    first = 0x80 | sources | (0x10 if extension_words is not None else 0) | (0x20 if padding else 0)
    packet = FIXED_HEADER.pack(first, 111, 1, 2, 3) + b"\xaa" * 4 * sources
    if extension_words is not None:
        packet += b"\xbe\xde" + extension_words.to_bytes(2, "big") + b"\xee" * 4 * extension_words
    packet += payload
    if padding:
        packet += b"\0" * (padding - 1) + bytes([padding])
    assert payload_of(packet) == payload
    forwarded = SlotStream(7, 96).forward(1, packet[1], 1, 2, payload_of(packet), 0.0)
    assert forwarded[0] == 0x80
    assert forwarded[12:] == payload


@settings(deadline=None)
@given(st.binary(min_size=12, max_size=80))
def test_a_malformed_packet_yields_at_most_its_own_bytes(packet: bytes) -> None:
    assert payload_of(packet) in packet


def test_opus_lengths_follow_the_table_of_the_standard() -> None:
    assert opus_samples(SILENCE_FRAME) == 960
    assert opus_samples(bytes([0b00001_0_00])) == 960
    assert opus_samples(bytes([0b00011_0_01])) == 5760
    assert opus_samples(bytes([0b11111_0_11, 3])) == 2880
    assert opus_samples(b"") == 0
    assert opus_samples(b"\x03") == 0
