"""RTCP, Ogg, plans and facts: the pure parts around the forwarding."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sideline.voice.engine import EngineUp, LegLost
from sideline.voice.ice import IceServer, parse_ice_server
from sideline.voice.webrtc.beat import MAX_BEHIND, PERIOD, Beat
from sideline.voice.webrtc.facts import MAX_FACTS, FactQueue
from sideline.voice.webrtc.music import shipped_music
from sideline.voice.webrtc.ogg import BadAudioFile, read_opus, write_opus
from sideline.voice.webrtc.rtcp import (
    Reception,
    ReportBlock,
    merged_loss,
    ntp_time,
    read_reports,
    receiver_report,
    sender_report,
    source_description,
)
from sideline.voice.webrtc.slots import SILENCE_FRAME

U32 = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.builds(ReportBlock, U32, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), U32, U32, U32, U32)

# --- RTCP


@settings(deadline=None)
@given(U32, st.lists(BLOCKS, max_size=5))
def test_reports_that_are_written_can_be_read(ssrc: int, blocks: list[ReportBlock]) -> None:
    ntp = ntp_time(1_700_000_000.5)
    compound = (
        sender_report(ssrc, ntp, 960, 10, 800, blocks)
        + source_description(ssrc, "somebody")
        + receiver_report(ssrc, blocks)
    )
    read = read_reports(compound)
    assert read.blocks == blocks * 2
    assert read.senders == {ssrc: (ntp >> 16) & 0xFFFFFFFF}
    assert len(compound) % 4 == 0


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_malformed_reports_are_skipped(compound: bytes) -> None:
    read_reports(compound)


def test_reception_counts_loss_once_and_survives_wraparound_and_reordering() -> None:
    reception = Reception(7)
    numbers = [n & 0xFFFF for n in range(65_500, 65_600) if n % 10]
    numbers[5], numbers[6] = numbers[6], numbers[5]
    for n, number in enumerate(numbers):
        reception.count(number, n * 960, n * 960)
    assert reception.expected == 99
    assert reception.lost == 9
    assert reception.interval_loss() == pytest.approx(9 / 99)
    assert reception.interval_loss() == 0.0
    assert reception.block(0.5, 1, 2.0).highest_sequence == 65_599


def test_steady_packets_have_no_jitter_and_late_ones_have() -> None:
    steady, late = Reception(1), Reception(2)
    for n in range(100):
        steady.count(n, n * 960, 5 + n * 960)
        late.count(n, n * 960, n * 960 + (n % 2) * 960)
    assert steady.block(0, 0, 0).jitter == 0
    assert late.block(0, 0, 0).jitter > 800


def test_a_speaker_is_told_of_the_loss_of_its_worst_listener_on_top_of_its_own() -> None:
    assert merged_loss(0.0, []) == 0.0
    assert merged_loss(0.0, [0.01, 0.05]) == pytest.approx(0.05)
    assert merged_loss(0.1, [0.2, 0.1]) == pytest.approx(0.28)


def test_one_listener_cannot_make_everybody_protect_against_more_than_helps() -> None:
    assert merged_loss(0.0, [1.0]) == 0.25


# --- Ogg


@settings(deadline=None)
@given(st.lists(st.integers(1, 600).map(lambda n: b"\xf8" + b"x" * (n - 1)), min_size=1, max_size=70))
def test_an_ogg_file_holds_the_packets_that_were_written(packets: list[bytes]) -> None:
    assert read_opus(write_opus(packets)) == packets


def test_the_shipped_music_is_a_loop_of_quiet_frames() -> None:
    packets = shipped_music()
    assert len(packets) == 24 * 50
    assert max(map(len, packets)) < 300


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF" + bytes(100),
        write_opus([SILENCE_FRAME])[:-1],
        write_opus([SILENCE_FRAME])[:40],
        write_opus([b"\x00x"]),
        write_opus([SILENCE_FRAME]).replace(b"OpusHead", b"OpusHat!"),
    ],
)
def test_a_file_that_cannot_be_played_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(BadAudioFile, match=r"\.$"):
        read_opus(data)


# --- facts


async def test_a_reader_that_falls_behind_is_told_to_look_again() -> None:
    queue = FactQueue()
    for n in range(MAX_FACTS + 3):
        queue.put(LegLost(str(n), "gone"))
    queue.close()
    read = [fact async for fact in queue.read()]
    assert read == [EngineUp(), LegLost(str(MAX_FACTS + 1), "gone"), LegLost(str(MAX_FACTS + 2), "gone")]


# --- ICE servers


def test_ice_servers_are_read_as_an_operator_writes_them() -> None:
    assert parse_ice_server("stun:stun.example.org:3478") == IceServer("stun:stun.example.org:3478")
    assert parse_ice_server(" turn:me:s3cr:et@turn.example.org:3478?transport=tcp ") == IceServer(
        "turn:turn.example.org:3478?transport=tcp", "me", "s3cr:et"
    )


@pytest.mark.parametrize("text", ["", "http://x", "stun:", "turn:turn.example.org", "turn:me@turn.example.org"])
def test_a_wrong_ice_server_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_ice_server(text)


# --- the beat


async def test_a_beat_makes_up_for_a_short_stall_and_says_what_it_left_out_of_a_long_one() -> None:
    beat = Beat()
    left_out: list[int] = []
    place = beat.join(left_out.append)
    await asyncio.sleep(0.1)  # house: the beat itself is the subject
    before = len(left_out)
    stall = PERIOD * (MAX_BEHIND + 20)
    end = asyncio.get_running_loop().time() + stall
    while asyncio.get_running_loop().time() < end:
        pass
    await asyncio.sleep(0.1)  # house: the beat itself is the subject
    beat.leave(place)
    assert 2 <= before <= 6
    assert sum(left_out) >= 18
    assert len(left_out) + sum(left_out) >= (0.1 + stall) / PERIOD
    played = len(left_out)
    await asyncio.sleep(0.05)  # house: that no beat follows takes time to see
    assert len(left_out) == played
