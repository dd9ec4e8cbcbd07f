"""With which phone a call is heard, and what may not begin on one that has to be rung (V10)."""

import pytest

from sideline.rules.audibility import Mode, Purpose
from sideline.rules.engagement import (
    Engagement,
    EngagementPolicy,
    EngagementState,
    PhoneStanding,
    SupervisorFacts,
    TargetFacts,
    may_start,
    may_switch,
    phone_standing,
)
from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode

MONITOR, COACH, BARGE, KICK = Mode.MONITOR, Mode.COACH, Mode.BARGE, Mode.BARGE_KICK
AGENT = TargetFacts(Purpose.AGENT)
STRAIGHT = EngagementPolicy(observe_first=False)
MONITORING = Engagement("supervisor", "sue", "agent", Purpose.AGENT, MONITOR, EngagementState.ACTIVE)


def supervisor(phone: PhoneStanding) -> SupervisorFacts:
    return SupervisorFacts("sue", Presence.AVAILABLE, frozenset(Mode), phone)


@pytest.mark.parametrize(
    ("is_browser_selected", "is_browser_connected", "is_on_pbx", "standing"),
    [
        (True, True, True, "connected"),
        (True, False, True, "missing"),
        (False, True, True, "rung"),
        (False, False, True, "rung"),
        (True, True, False, "connected"),
        (True, False, False, "missing"),
        (False, True, False, "connected"),
        (False, False, False, "browser_needed"),
    ],
)
def test_a_pbx_reaches_the_selected_phone_and_a_call_of_sidelines_own_the_browser(
    is_browser_selected: bool, is_browser_connected: bool, is_on_pbx: bool, standing: str
) -> None:
    found = phone_standing(
        is_browser_selected=is_browser_selected, is_browser_connected=is_browser_connected, is_on_pbx=is_on_pbx
    )
    assert found == PhoneStanding(standing)


@pytest.mark.parametrize("is_browser_selected", [True, False])
@pytest.mark.parametrize("is_browser_connected", [True, False])
def test_a_pbx_that_is_away_reaches_no_phone_and_calls_of_sidelines_own_need_none(
    is_browser_selected: bool, is_browser_connected: bool
) -> None:
    def found(*, is_on_pbx: bool, is_pbx_away: bool) -> PhoneStanding:
        return phone_standing(
            is_browser_selected=is_browser_selected,
            is_browser_connected=is_browser_connected,
            is_on_pbx=is_on_pbx,
            is_pbx_away=is_pbx_away,
        )

    assert found(is_on_pbx=True, is_pbx_away=True) == PhoneStanding.PBX_AWAY
    assert found(is_on_pbx=False, is_pbx_away=True) == found(is_on_pbx=False, is_pbx_away=False)


def test_nobody_begins_or_takes_over_on_a_pbx_that_is_away() -> None:
    away, refusal = supervisor(PhoneStanding.PBX_AWAY), Refusal(RefusalCode.PBX_AWAY)
    for mode in Mode:
        assert may_start(mode, away, AGENT, STRAIGHT) == refusal
        assert may_switch(MONITORING, mode, away, AGENT) == refusal


def test_who_selected_a_phone_that_does_not_reach_the_call_reads_that_it_needs_the_browser() -> None:
    without = supervisor(PhoneStanding.BROWSER_NEEDED)
    assert may_start(MONITOR, without, AGENT, STRAIGHT) == Refusal(RefusalCode.BROWSER_PHONE_NEEDED)


def test_a_phone_that_must_be_picked_up_takes_no_call_over_before_it_has_answered() -> None:
    rung = supervisor(PhoneStanding.RUNG)
    assert may_start(KICK, rung, AGENT, STRAIGHT) == Refusal(RefusalCode.PHONE_MUST_ANSWER_FIRST)
    for mode in (MONITOR, COACH, BARGE):
        assert may_start(mode, rung, AGENT, STRAIGHT) is None
    assert may_switch(MONITORING, KICK, rung, AGENT) is None
