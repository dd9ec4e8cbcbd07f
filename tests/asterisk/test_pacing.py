"""What is sent into an Asterisk channel's queue, and what is left out lest it grow."""

from hypothesis import given
from hypothesis import strategies as st

from sideline.voice.asterisk.pacing import (
    FAR_TOO_MANY,
    QUIET,
    REPORT_EVERY,
    REPORTS_TO_SHORTEN,
    SILENT,
    SILENT_FRAMES,
    TOO_MANY,
    Pacing,
)

LOUD = 10_000


class Queue:
    """The queue of a channel whose clock differs from ours by ``drift`` frames a frame."""

    def __init__(self, drift: float = 0.0) -> None:
        self.pacing = Pacing()
        self.length = 0.0
        self.dropped_loud = 0
        self._drift = drift

    def frame(self, peak: int, *, count: int = 1) -> None:
        """Hand over a frame, or several at once, in the time of one."""
        for _ in range(count):
            if self.pacing.admits(peak):
                if self.pacing.is_report_due() and self.pacing.reported(int(self.length)):
                    self.length = 0
                self.length += 1
            elif peak > QUIET:
                self.dropped_loud += 1
        self.length = max(0.0, self.length - 1 + self._drift)


def test_sound_is_sent_whole_where_nothing_is_amiss() -> None:
    queue = Queue()
    for _ in range(1000):
        queue.frame(LOUD)
    assert queue.dropped_loud == 0
    assert queue.length == 0


def test_silence_is_sent_whole_too() -> None:
    pacing = Pacing()
    assert all(pacing.admits(0) for _ in range(1000))


def test_a_pause_in_speech_takes_every_surplus_frame_out() -> None:
    queue = Queue()
    queue.frame(LOUD, count=3)
    for _ in range(SILENT_FRAMES + 3):
        queue.frame(SILENT)
    assert queue.length <= 1


def test_a_burst_is_taken_out_in_the_next_quiet_moment() -> None:
    queue = Queue()
    queue.frame(LOUD, count=TOO_MANY - 1)
    for _ in range(REPORTS_TO_SHORTEN * REPORT_EVERY):
        queue.frame(LOUD)
    assert queue.length == TOO_MANY - 2
    assert queue.dropped_loud == 0
    for _ in range(5):
        queue.frame(QUIET)
    assert queue.length <= 1


def test_a_larger_burst_is_taken_out_of_the_sound_and_a_huge_one_at_once() -> None:
    for count in (FAR_TOO_MANY - 1, 200):
        queue = Queue()
        queue.frame(LOUD, count=count)
        for _ in range(2 * REPORT_EVERY):
            queue.frame(LOUD)
        assert queue.length < TOO_MANY
        assert queue.dropped_loud < FAR_TOO_MANY


@given(st.floats(-0.002, 0.002), st.sampled_from([QUIET, LOUD]))
def test_clocks_that_drift_apart_never_add_up_to_a_delay(drift: float, peak: int) -> None:
    queue = Queue(drift)
    longest = 0.0
    for _ in range(50 * 120):
        queue.frame(peak)
        longest = max(longest, queue.length)
    assert longest <= TOO_MANY + 1


def test_nothing_is_sent_while_asterisk_asks_for_a_pause() -> None:
    pacing = Pacing()
    pacing.is_stopped = True
    assert not pacing.admits(LOUD)
    pacing.is_stopped = False
    assert pacing.admits(LOUD)
