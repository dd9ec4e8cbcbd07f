"""A leg patched to plain samples inside the process, by sound."""

import time
from collections.abc import AsyncIterator
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from sideline.voice.engine import LegLost, LegRefused
from sideline.voice.webrtc.client import BrowserLikePhone
from sideline.voice.webrtc.engine import WebRtcEngine
from sideline.voice.webrtc.pcm import PCM_FRAME
from sideline.voice.webrtc.slots import SILENCE_FRAME
from sideline.voice.webrtc.sound import tone
from tests.support.pcm_end import RecordingEnd, pcm_tone
from tests.support.sound import FAINT, HERTZ, LOUD, tone_levels
from tests.support.sound_phones import Exchange
from tests.support.sound_stage import Stalls
from tests.support.sound_weather import BadWeather

SARA, AGENT, CUSTOMER = HERTZ["sara"], HERTZ["agent"], HERTZ["customer"]
LEVEL = 0.3
TWO_DECIBEL = 10 ** (2 / 20)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    exchange = Exchange(WebRtcEngine(loopback_only=True, music=tone(HERTZ["music"])))
    yield exchange
    await exchange.close()


@pytest.fixture
async def stalls() -> AsyncIterator[Stalls]:
    stalls = Stalls()
    yield stalls
    stalls.stop()


def heard_by(phone: BrowserLikePhone, start: float, end: float) -> NDArray[np.float32]:
    return sum((slot.pcm(start, end) for slot in phone.slots), np.zeros(round((end - start) * 48_000), np.float32))


def level(sound: NDArray[np.float32], hertz: int) -> float:
    levels = tone_levels(sound, [hertz])
    return float(np.median(levels)) if len(levels) else 0.0


def loudest(sound: NDArray[np.float32], hertz: int) -> float:
    levels = tone_levels(sound, [hertz])
    return float(levels.max()) if len(levels) else 0.0


def is_right(measured: float) -> bool:
    return LEVEL / TWO_DECIBEL < measured < LEVEL * TWO_DECIBEL


def is_steady(end: RecordingEnd, start: float, stop: float) -> bool:
    """Return whether as many frames came as time passed."""
    count = sum(start <= at < stop for at, _ in end.frames)
    return abs(count - 50 * (stop - start)) <= 2


def lateness(phone: BrowserLikePhone) -> list[float]:
    """Return for every packet that came how much later it came, by its timestamp, than the one that came soonest."""
    packets = sorted((p for slot in phone.slots for p in slot.packets), key=lambda p: p.sequence)
    first = packets[0]
    late = [p.at - first.at - ((p.timestamp - first.timestamp) % 2**32) / 48_000 for p in packets]
    return [each - min(late) for each in late]


async def span(stalls: Stalls, seconds: float = 0.6, settle: float = 0.25) -> tuple[float, float]:
    """Return the last ``seconds`` of some calm time that began now."""
    await stalls.calm(settle + seconds)
    now = time.monotonic()
    return now - seconds, now


async def test_leg_and_end_hear_each_other_at_the_right_level(exchange: Exchange, stalls: Stalls) -> None:
    phone = await exchange.phone("sara", tone(SARA))
    end = RecordingEnd()
    patch = exchange.engine.patch("sara", end)
    end.play(patch, pcm_tone(AGENT))
    start, stop = await span(stalls)
    assert is_right(level(end.pcm(start, stop), SARA))
    assert is_right(level(heard_by(phone, start, stop), AGENT))
    assert is_steady(end, start, stop)
    end.stop()
    patch.close()


async def test_a_patched_leg_is_heard_by_its_end_alone_and_hears_it_alone(exchange: Exchange, stalls: Stalls) -> None:
    sara = await exchange.phone("sara", tone(SARA))
    tom = await exchange.phone("tom", tone(CUSTOMER))
    agent = await exchange.phone("agent", tone(AGENT))
    both = [("sara", "agent"), ("agent", "sara"), ("tom", "agent"), ("agent", "tom"), ("tom", "sara")]
    await exchange.route(*both)
    ends = {"sara": RecordingEnd(), "tom": RecordingEnd()}
    patches = {leg: exchange.engine.patch(leg, end) for leg, end in ends.items()}
    await exchange.route(*both)  # plans that still name the legs change nothing
    start, stop = await span(stalls)
    assert level(ends["sara"].pcm(start, stop), SARA) > LOUD
    assert level(ends["tom"].pcm(start, stop), CUSTOMER) > LOUD
    for other in (AGENT, CUSTOMER):
        assert loudest(ends["sara"].pcm(start, stop), other) < FAINT
    for phone in (sara, tom, agent):
        assert np.abs(heard_by(phone, start, stop)).max() < FAINT / 10
    assert not (await exchange.engine.observe()).calls["call"].routes

    for patch in patches.values():
        patch.close()
    frames = len(ends["sara"].frames)
    start, stop = await span(stalls)
    assert level(heard_by(agent, start, stop), SARA) > LOUD
    assert level(heard_by(sara, start, stop), AGENT) > LOUD
    assert len(ends["sara"].frames) == frames


async def test_a_patch_outlasts_a_reload_and_a_lost_phone(exchange: Exchange, stalls: Stalls) -> None:
    end = RecordingEnd()
    patch = exchange.engine.patch("sara", end)  # before the phone is there
    end.play(patch, pcm_tone(AGENT))
    start, stop = await span(stalls)
    assert is_steady(end, start, stop)
    assert not end.pcm(start, stop).any()
    first = await exchange.phone("sara", tone(SARA))
    await end.next_sound()

    second = exchange.new_phone("sara", tone(SARA))  # a reload: the new connection takes over
    await second.connect()
    start, stop = await span(stalls)
    assert is_right(level(end.pcm(start, stop), SARA))
    assert is_right(level(heard_by(second, start, stop), AGENT))
    assert not np.any(heard_by(first, start, stop))

    await second.vanish()
    await exchange.fact(LegLost, "sara")
    start, stop = await span(stalls)
    assert is_steady(end, start, stop)
    assert not end.pcm(start, stop).any()

    third = exchange.new_phone("sara", tone(SARA))
    await third.connect()
    start, stop = await span(stalls)
    assert is_right(level(end.pcm(start, stop), SARA))
    assert is_right(level(heard_by(third, start, stop), AGENT))
    end.stop()
    patch.close()


async def test_a_phone_that_hangs_up_leaves_its_end_in_silence(exchange: Exchange, stalls: Stalls) -> None:
    phone = await exchange.phone("sara", tone(SARA))
    end = RecordingEnd()
    exchange.engine.patch("sara", end)
    await end.next_sound()
    await phone.close()
    start, stop = await span(stalls)
    assert not end.pcm(start, stop).any()
    assert not end.is_unplugged


async def test_a_phone_that_only_listens_hears_the_end_which_hears_nothing(exchange: Exchange, stalls: Stalls) -> None:
    phone = await exchange.phone("sara", None)
    end = RecordingEnd()
    patch = exchange.engine.patch("sara", end)
    end.play(patch, pcm_tone(AGENT))
    start, stop = await span(stalls)
    assert is_right(level(heard_by(phone, start, stop), AGENT))
    assert is_steady(end, start, stop)
    assert not end.pcm(start, stop).any()
    end.stop()


async def test_an_end_that_falls_silent_is_silence_in_the_same_stream(exchange: Exchange, stalls: Stalls) -> None:
    phone = await exchange.phone("sara")
    end = RecordingEnd()
    patch = exchange.engine.patch("sara", end)
    silences: list[tuple[float, float]] = []
    for _ in range(3):
        end.play(patch, pcm_tone(AGENT))
        start, stop = await span(stalls)
        assert is_right(level(heard_by(phone, start, stop), AGENT))
        end.stop()  # no more frames at all
        silences.append(await span(stalls))
        end.play(patch, pcm_tone(AGENT))
        await span(stalls)
        end.play(patch, bytes(PCM_FRAME))  # frames of nothing
        silences.append(await span(stalls))
    [packets] = [slot.packets for slot in phone.slots if slot.packets]
    for start, stop in silences:
        said = [packet.payload for packet in packets if start <= packet.at < stop]
        assert set(said) == {SILENCE_FRAME}
        assert abs(len(said) - 50 * (stop - start)) <= 2
    # A browser that takes sound for late waits longer before it plays what follows.
    early, late = np.quantile(lateness(phone), [0.1, 0.9])
    assert late - early < 0.04
    end.stop()


async def test_loss_and_jitter_are_concealed(exchange: Exchange, stalls: Stalls) -> None:
    await exchange.phone("sara", tone(SARA), weather=BadWeather(3))
    end = RecordingEnd()
    exchange.engine.patch("sara", end)
    start, stop = await span(stalls, seconds=3)
    assert is_steady(end, start, stop)
    levels = tone_levels(end.pcm(start, stop), [SARA])
    assert float(np.mean(levels > LOUD)) > 0.8


async def test_stereo_is_heard_as_loud_as_mono(exchange: Exchange, stalls: Stalls) -> None:
    end = RecordingEnd()
    exchange.engine.patch("sara", end)
    for packets in (stereo_tone(SARA), tone(SARA)):
        phone = exchange.new_phone("sara", packets)
        await phone.connect()
        start, stop = await span(stalls)
        assert is_right(level(end.pcm(start, stop), SARA))


async def test_a_leg_that_is_patched_again_is_parted_from_its_former_end(exchange: Exchange, stalls: Stalls) -> None:
    phone = await exchange.phone("sara", tone(SARA))
    former, later = RecordingEnd(), RecordingEnd()
    old = exchange.engine.patch("sara", former)
    await former.next_sound()
    new = exchange.engine.patch("sara", later)
    assert former.is_unplugged
    assert not later.is_unplugged
    former.play(old, pcm_tone(CUSTOMER))
    later.play(new, pcm_tone(AGENT))
    old.close()  # closing it again harms nobody
    start, stop = await span(stalls)
    assert not former.pcm(start, stop).any()
    assert level(later.pcm(start, stop), SARA) > LOUD
    sound = heard_by(phone, start, stop)
    assert level(sound, AGENT) > LOUD
    assert loudest(sound, CUSTOMER) < FAINT
    former.stop()
    later.stop()


async def test_the_engine_unplugs_its_ends_when_it_closes() -> None:
    engine = WebRtcEngine(loopback_only=True)
    end = RecordingEnd()
    engine.patch("sara", end)
    await engine.aclose()
    assert end.is_unplugged


async def test_no_phone_can_pass_itself_off_as_the_end_of_a_patch(exchange: Exchange) -> None:
    phone = BrowserLikePhone(partial(exchange.engine.connect, "patch of sara"), loopback_only=True)
    with pytest.raises(LegRefused, match="not begin with 'patch of '"):
        await phone.connect()


async def test_garbage_from_a_microphone_is_silence(exchange: Exchange, stalls: Stalls) -> None:
    end = RecordingEnd()
    exchange.engine.patch("sara", end)
    phone = await exchange.phone("sara", [bytes([0x98]) + bytes([n]) * 40 for n in range(200, 256)])
    await span(stalls)
    phone.play(tone(SARA), loop=True)
    start, stop = await span(stalls)
    assert level(end.pcm(start, stop), SARA) > LOUD


def stereo_tone(hertz: int) -> list[bytes]:
    """Return a tone in both channels, coded as stereo."""
    import av

    encoder = av.AudioCodecContext.create("libopus", "w")
    encoder.format, encoder.layout, encoder.sample_rate = "s16", "stereo", 48_000
    encoder.options = {"application": "lowdelay", "frame_duration": "20"}
    at = np.arange(60 * 960) / 48_000
    mono = (LEVEL * 32767 * np.sin(2 * np.pi * hertz * at)).astype(np.int16)
    packets = []
    for n in range(60):
        both = np.repeat(mono[n * 960 : (n + 1) * 960], 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(both, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, n * 960
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    assert packets[0][0] & 0x04, "not stereo"
    return packets[10:]
