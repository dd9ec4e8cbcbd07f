"""The measuring itself: a leak as short as one frame must be found, and silence must be silent."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sideline.rules.audibility import Mode, World
from sideline.voice.engine import BrowserPhone
from sideline.voice.webrtc.recording import SlotRecording
from sideline.voice.webrtc.slots import SILENCE_FRAME
from sideline.voice.webrtc.sound import tone
from tests.support.sound import FAINT, HERTZ
from tests.support.sound_stage import Act, Scene, complaints, hearing
from tests.voice_contract.contract import AGENT, CUSTOMER, SARA, active, listens


class NoStalls:
    spans: tuple[tuple[float, float], ...] = ()


class PaperStage:
    """Judges recordings that no engine made."""

    stalls = NoStalls()
    settle = 0.12
    clarity = 0.95
    faint = FAINT

    def is_cut(self, world: World, speaker: str, listener: str) -> bool:
        return False


class PaperPhone:
    """Heard these speakers in these stretches, each a slot of its own."""

    phone = BrowserPhone("paper")

    def __init__(self, *stretches: tuple[str, float, float]) -> None:
        self._slots: list[SlotRecording] = []
        for speaker, start, end in stretches:
            slot = SlotRecording()
            packets = tone(HERTZ[speaker])
            for n in range(round((end - start) * 50)):
                slot.add(start + n / 50, n, n * 960, packets[n % len(packets)])
            slot.add(end, round((end - start) * 50), round((end - start) * 48_000), SILENCE_FRAME)
            self._slots.append(slot)

    def heard(self, start: float, end: float) -> NDArray[np.float32]:
        return sum((s.pcm(start, end) for s in self._slots), np.zeros(round((end - start) * 48_000), np.float32))


COACHED = active(*listens(SARA, AGENT, Mode.COACH))
ACTS = [Act(active(), 0.0, 1.0), Act(COACHED, 1.0, 2.0)]
TRUE = {
    CUSTOMER: (("agent", -0.1, 2.1),),
    AGENT: (("customer", -0.1, 2.1), ("sara", 1.05, 2.1)),
    SARA: (("agent", 1.05, 2.1), ("customer", 1.05, 2.1)),
}


def found(extra: dict[str, tuple[tuple[str, float, float], ...]]) -> list[str]:
    phones = {who: PaperPhone(*TRUE[who], *extra.get(who, ())) for who in TRUE}
    return complaints(PaperStage(), Scene(ACTS, phones))  # type: ignore[arg-type]


def test_recordings_that_follow_the_rule_are_not_complained_about() -> None:
    assert found({}) == []


@pytest.mark.parametrize("at", [0.5, 0.99, 1.0, 1.05, 1.5])
def test_one_leaked_frame_is_found_at_any_moment_of_a_switch(at: float) -> None:
    complaint = found({CUSTOMER: (("sara", at, at + 0.02),)})
    assert complaint
    assert all("customer heard sara" in text for text in complaint)


def test_sound_that_goes_on_after_its_route_was_closed_is_found() -> None:
    acts = [Act(COACHED, 0.0, 1.0), Act(active(), 1.0, 2.0)]
    phones = {AGENT: PaperPhone(("customer", -0.1, 2.1), ("sara", -0.1, 1.3))}
    assert hearing(COACHED, AGENT) == {CUSTOMER, SARA}
    assert complaints(PaperStage(), Scene(acts, phones))  # type: ignore[arg-type]


def test_a_routed_voice_that_is_missing_is_found() -> None:
    phones = {CUSTOMER: PaperPhone(("agent", -0.1, 1.4))}
    complaint = complaints(PaperStage(), Scene(ACTS, phones))  # type: ignore[arg-type]
    assert complaint == ["act 1: customer heard agent in only 30% of the windows"] or "customer heard agent" in str(
        complaint
    )
