"""May an engagement start, switch, stop, be ended by another; who may see it."""

import pytest

from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import Call
from sideline.rules.call_control import take_over
from sideline.rules.engagement import (
    Engagement,
    EngagementPolicy,
    EngagementState,
    PhoneStanding,
    SupervisorFacts,
    TargetFacts,
    Viewer,
    may_disconnect,
    may_mute,
    may_start,
    may_stop,
    may_switch,
    sees,
    target_facts,
)
from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode
from tests.rules.calls import STATES, asking, consulting, done, talking

MONITOR, COACH, BARGE, KICK = Mode.MONITOR, Mode.COACH, Mode.BARGE, Mode.BARGE_KICK
EVERY_MODE = frozenset(Mode)
AGENT = TargetFacts(Purpose.AGENT)
CUSTOMER = TargetFacts(Purpose.CUSTOMER, is_in_control=False)
STRAIGHT = EngagementPolicy(observe_first=False)


def supervisor(
    *,
    presence: Presence = Presence.AVAILABLE,
    permitted: frozenset[Mode] = EVERY_MODE,
    phone: PhoneStanding = PhoneStanding.CONNECTED,
    is_on_this_call: bool = False,
    is_on_another_call: bool = False,
    engaged_in: Mode | None = None,
) -> SupervisorFacts:
    return SupervisorFacts("sue", presence, permitted, phone, is_on_this_call, is_on_another_call, engaged_in)


def engagement(
    mode: Mode = MONITOR,
    *,
    state: EngagementState = EngagementState.ACTIVE,
    target: str = "agent",
    purpose: Purpose = Purpose.AGENT,
) -> Engagement:
    return Engagement("supervisor", "sue", target, purpose, mode, state)


def code(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.code.value


# Mode, target, what a supervisor is told who starts it straight from a list, with "observe first" off.
START = [
    (MONITOR, AGENT, None),
    (MONITOR, CUSTOMER, None),
    (MONITOR, TargetFacts(Purpose.SUPERVISOR), None),
    (COACH, AGENT, None),
    (COACH, CUSTOMER, "coach_only_an_agent"),
    (COACH, TargetFacts(Purpose.SUPERVISOR), "coach_only_an_agent"),
    (BARGE, AGENT, None),
    (BARGE, CUSTOMER, None),
    (KICK, AGENT, None),
    (KICK, CUSTOMER, "target_not_in_control"),
    (KICK, TargetFacts(Purpose.SUPERVISOR), "target_not_in_control"),
    (KICK, TargetFacts(Purpose.AGENT, is_in_control=False), "target_not_in_control"),
    (COACH, TargetFacts(Purpose.AGENT, is_in_control=False), None),
    (MONITOR, TargetFacts(Purpose.AGENT, is_joined=False), "target_not_on_call"),
    (COACH, TargetFacts(Purpose.AGENT, is_joined=False, coached_by="Tom"), "target_not_on_call"),
    (BARGE, TargetFacts(Purpose.AGENT, is_joined=False), "target_not_on_call"),
    (KICK, TargetFacts(Purpose.AGENT, is_joined=False), "target_not_on_call"),
    (MONITOR, TargetFacts(Purpose.AGENT, coached_by="Tom"), None),
    (BARGE, TargetFacts(Purpose.AGENT, coached_by="Tom"), None),
    (KICK, TargetFacts(Purpose.AGENT, coached_by="Tom"), None),
    (COACH, TargetFacts(Purpose.AGENT, coached_by="Tom"), "already_coached"),
    (BARGE, TargetFacts(Purpose.AGENT, barging=1), None),
    (BARGE, TargetFacts(Purpose.AGENT, barging=2), "too_many_barging"),
    (BARGE, TargetFacts(Purpose.CUSTOMER, barging=2), "too_many_barging"),
    (MONITOR, TargetFacts(Purpose.AGENT, barging=2), None),
    (COACH, TargetFacts(Purpose.AGENT, barging=2), None),
    (COACH, TargetFacts(Purpose.AGENT, is_consulting=True), "coach_while_consulting"),
    (MONITOR, TargetFacts(Purpose.AGENT, is_consulting=True), None),
    (BARGE, TargetFacts(Purpose.AGENT, is_consulting=True), None),
    (KICK, TargetFacts(Purpose.AGENT, is_consulting=True), None),
]


@pytest.mark.parametrize(("mode", "target", "told"), START)
def test_start_on_each_target_in_each_mode(mode: Mode, target: TargetFacts, told: str | None) -> None:
    assert code(may_start(mode, supervisor(), target, STRAIGHT)) == told


@pytest.mark.parametrize(("mode", "target", "told"), START)
def test_switch_asks_the_same_of_the_target_as_a_start(mode: Mode, target: TargetFacts, told: str | None) -> None:
    assert code(may_switch(engagement(), mode, supervisor(engaged_in=MONITOR), target)) == told


@pytest.mark.promise("V5")
def test_second_coach_is_refused_with_the_first_ones_name() -> None:
    coached = TargetFacts(Purpose.AGENT, coached_by="Tom Baker")
    refusal = Refusal(RefusalCode.ALREADY_COACHED, {"name": "Tom Baker"})
    assert may_start(COACH, supervisor(), coached, STRAIGHT) == refusal
    assert may_switch(engagement(), COACH, supervisor(), coached) == refusal


@pytest.mark.promise("V9")
def test_observe_first_is_on_by_default_and_refuses_all_but_monitoring_from_a_list() -> None:
    policy = EngagementPolicy()
    assert may_start(MONITOR, supervisor(), AGENT, policy) is None
    for mode in (COACH, BARGE, KICK):
        assert may_start(mode, supervisor(), AGENT, policy) == Refusal(RefusalCode.OBSERVE_FIRST, {"mode": mode.value})
        assert may_start(mode, supervisor(), AGENT, STRAIGHT) is None
        assert may_switch(engagement(MONITOR), mode, supervisor(), AGENT) is None


@pytest.mark.parametrize("presence", Presence)
@pytest.mark.promise("V11")
def test_default_status_rule_lets_available_and_not_ready_supervise(presence: Presence) -> None:
    refusal = may_start(MONITOR, supervisor(presence=presence), AGENT, EngagementPolicy())
    if presence in (Presence.AVAILABLE, Presence.NOT_READY):
        assert refusal is None
    else:
        assert refusal == Refusal(
            RefusalCode.PRESENCE_FORBIDS_SUPERVISING,
            {"presence": presence.value, "allowed": "available,not_ready"},
        )


def test_status_rule_is_a_policy() -> None:
    policy = EngagementPolicy(allowed_presences=frozenset({Presence.ON_QUEUE}))
    assert may_start(MONITOR, supervisor(presence=Presence.ON_QUEUE), AGENT, policy) is None
    assert code(may_start(MONITOR, supervisor(), AGENT, policy)) == "presence_forbids_supervising"


@pytest.mark.promise("V11")
@pytest.mark.parametrize("presence", Presence)
def test_running_session_can_be_switched_and_stopped_whatever_the_presence_has_become(presence: Presence) -> None:
    assert may_switch(engagement(), COACH, supervisor(presence=presence), AGENT) is None
    assert may_stop(engagement(), "sue") is None


@pytest.mark.promise("V12")
def test_supervisor_on_this_or_another_call_cannot_supervise() -> None:
    for mode in Mode:
        on_this = may_start(mode, supervisor(is_on_this_call=True), AGENT, STRAIGHT)
        assert on_this == Refusal(RefusalCode.PARTICIPANT_OF_THIS_CALL)
        on_another = may_start(mode, supervisor(is_on_another_call=True), AGENT, STRAIGHT)
        assert on_another == Refusal(RefusalCode.ON_ANOTHER_CALL)


@pytest.mark.parametrize("mode", Mode)
def test_supervisor_has_one_engagement_at_a_time(mode: Mode) -> None:
    refusal = may_start(MONITOR, supervisor(engaged_in=mode), AGENT, STRAIGHT)
    assert refusal == Refusal(RefusalCode.ALREADY_SUPERVISING, {"mode": mode.value})


@pytest.mark.promise("P2")
@pytest.mark.parametrize("mode", Mode)
def test_each_mode_needs_its_own_permission(mode: Mode) -> None:
    others = EVERY_MODE - {mode}
    refusal = Refusal(RefusalCode.NOT_ALLOWED, {"permission": mode.value})
    assert may_start(mode, supervisor(permitted=others), AGENT, STRAIGHT) == refusal
    assert may_switch(engagement(MONITOR), mode, supervisor(permitted=others), AGENT) == refusal
    assert may_start(mode, supervisor(permitted=frozenset({mode})), AGENT, STRAIGHT) is None
    assert may_switch(engagement(MONITOR), mode, supervisor(permitted=frozenset({mode})), AGENT) is None


def test_supervisor_without_a_phone_cannot_start() -> None:
    without = supervisor(phone=PhoneStanding.MISSING)
    assert may_start(MONITOR, without, AGENT, STRAIGHT) == Refusal(RefusalCode.NO_PHONE)


@pytest.mark.parametrize("reason", [None, "", "  \n"])
def test_reason_is_required_where_policy_says_so_and_blank_is_none(reason: str | None) -> None:
    policy = EngagementPolicy(reason_required=True)
    assert may_start(MONITOR, supervisor(), AGENT, policy, reason=reason) == Refusal(RefusalCode.REASON_REQUIRED)
    assert may_start(MONITOR, supervisor(), AGENT, policy, reason="complaint") is None
    assert may_start(MONITOR, supervisor(), AGENT, EngagementPolicy(), reason=reason) is None


def test_supervisor_of_whom_nothing_else_is_known_is_free_and_has_a_phone() -> None:
    assert may_start(MONITOR, SupervisorFacts("sue", Presence.AVAILABLE, EVERY_MODE), AGENT, STRAIGHT) is None


def test_refusals_come_in_the_order_in_which_they_can_be_mended() -> None:
    everything_wrong = SupervisorFacts("sue", Presence.OFFLINE, frozenset(), PhoneStanding.MISSING, True, True, COACH)
    policy = EngagementPolicy(reason_required=True)
    gone = TargetFacts(Purpose.CUSTOMER, is_joined=False)
    mends = [
        ("not_allowed", {"permitted": EVERY_MODE}),
        ("participant_of_this_call", {"is_on_this_call": False}),
        ("on_another_call", {"is_on_another_call": False}),
        ("already_supervising", {"engaged_in": None}),
        ("presence_forbids_supervising", {"presence": Presence.AVAILABLE}),
        ("no_phone", {"phone": PhoneStanding.CONNECTED}),
    ]
    facts = {each: getattr(everything_wrong, each) for each in everything_wrong.__struct_fields__}
    for expected, mended in mends:
        assert code(may_start(COACH, SupervisorFacts(**facts), gone, policy)) == expected
        facts |= mended
    ready = SupervisorFacts(**facts)
    assert code(may_start(COACH, ready, gone, policy)) == "observe_first"
    straight = EngagementPolicy(reason_required=True, observe_first=False)
    assert code(may_start(COACH, ready, gone, straight)) == "target_not_on_call"
    assert code(may_start(COACH, ready, CUSTOMER, straight)) == "coach_only_an_agent"
    assert code(may_start(COACH, ready, AGENT, straight)) == "reason_required"


@pytest.mark.promise("V8")
def test_every_switch_among_monitor_coach_and_barge_is_allowed() -> None:
    for before in (MONITOR, COACH, BARGE):
        for after in (MONITOR, COACH, BARGE):
            assert may_switch(engagement(before), after, supervisor(engaged_in=before), AGENT) is None


def test_switch_may_choose_another_participant_of_the_call() -> None:
    on_customer = engagement(target="customer", purpose=Purpose.CUSTOMER)
    assert may_switch(on_customer, COACH, supervisor(), AGENT) is None
    assert may_switch(engagement(COACH), MONITOR, supervisor(), CUSTOMER) is None


@pytest.mark.parametrize("to", Mode)
def test_after_barge_kick_there_is_nothing_to_switch_to(to: Mode) -> None:
    assert may_switch(engagement(KICK), to, supervisor(), AGENT) == Refusal(RefusalCode.TOOK_OVER)


def test_switch_waits_for_the_phone() -> None:
    connecting = engagement(state=EngagementState.CONNECTING)
    assert code(may_switch(connecting, COACH, supervisor(), AGENT)) == "engagement_not_connected"


def test_switch_and_stop_are_for_ones_own_running_engagement() -> None:
    for own_only in (
        may_switch(engagement(), COACH, SupervisorFacts("tom", Presence.AVAILABLE, EVERY_MODE), AGENT),
        may_stop(engagement(), "tom"),
        may_stop(engagement(state=EngagementState.ENDED), "tom"),
    ):
        assert own_only == Refusal(RefusalCode.NOT_YOUR_ENGAGEMENT)
    over = engagement(state=EngagementState.ENDED)
    assert may_switch(over, COACH, supervisor(), AGENT) == Refusal(RefusalCode.ENGAGEMENT_ENDED)
    assert may_stop(over, "sue") == Refusal(RefusalCode.ENGAGEMENT_ENDED)


@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
@pytest.mark.parametrize("state", [EngagementState.CONNECTING, EngagementState.ACTIVE])
def test_supervisor_can_stop_at_any_time(mode: Mode, state: EngagementState) -> None:
    assert may_stop(engagement(mode, state=state), "sue") is None


def test_supervisor_who_took_over_cannot_just_stop_and_leave_the_customer_alone() -> None:
    assert may_stop(engagement(KICK), "sue") == Refusal(RefusalCode.TOOK_OVER)


@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
def test_supervisor_mutes_their_own_running_engagement(mode: Mode) -> None:
    assert may_mute(engagement(mode), "sue") is None
    assert may_mute(engagement(mode), "tom") == Refusal(RefusalCode.NOT_YOUR_ENGAGEMENT)
    over = engagement(mode, state=EngagementState.ENDED)
    assert may_mute(over, "sue") == Refusal(RefusalCode.ENGAGEMENT_ENDED)


def test_supervisor_who_took_over_mutes_their_seat_not_their_engagement() -> None:
    assert may_mute(engagement(KICK), "sue") == Refusal(RefusalCode.TOOK_OVER)


@pytest.mark.promise("M2")
@pytest.mark.parametrize("mode", Mode)
def test_disconnecting_another_needs_the_permission_and_a_running_engagement(mode: Mode) -> None:
    assert may_disconnect(engagement(mode), is_permitted=True) is None
    assert may_disconnect(engagement(mode, state=EngagementState.CONNECTING), is_permitted=True) is None
    refusal = Refusal(RefusalCode.NOT_ALLOWED, {"permission": "disconnect_others"})
    assert may_disconnect(engagement(mode), is_permitted=False) == refusal
    over = engagement(mode, state=EngagementState.ENDED)
    assert may_disconnect(over, is_permitted=True) == Refusal(RefusalCode.ENGAGEMENT_ENDED)
    assert may_disconnect(over, is_permitted=False) == refusal


def test_new_engagement_is_connecting() -> None:
    assert Engagement("e", "sue", "agent", Purpose.AGENT, MONITOR).state == EngagementState.CONNECTING


def test_policies_start_careful() -> None:
    policy = EngagementPolicy()
    assert policy.allowed_presences == {Presence.AVAILABLE, Presence.NOT_READY}
    assert (policy.observe_first, policy.monitor_follows_customer) == (True, True)
    assert not (policy.reason_required or policy.agents_see_monitors or policy.barge_notice_to_customer)


# Who looks, and which engagements on "agent" they are shown: monitor, coach, barge, barge-kick.
SEEN = [
    (Viewer("sue"), "yes yes yes yes"),
    (Viewer("sue", agent_seats=frozenset({"agent"})), "yes yes yes yes"),
    (Viewer("boss", is_permitted=True), "yes yes yes yes"),
    (Viewer("stranger"), "no no no no"),
    (Viewer("ana", agent_seats=frozenset({"agent"})), "no yes yes yes"),
    (Viewer("ana", is_permitted=True, agent_seats=frozenset({"agent"})), "no yes yes yes"),
    (Viewer("ben", agent_seats=frozenset({"second"})), "no no yes yes"),
    (Viewer("ben", is_permitted=True, agent_seats=frozenset({"second"})), "no no yes yes"),
]


@pytest.mark.promise("V13")
@pytest.mark.parametrize(("viewer", "seen"), SEEN)
def test_who_sees_which_engagement(viewer: Viewer, seen: str) -> None:
    shown = [sees(viewer, engagement(mode), EngagementPolicy()) for mode in (MONITOR, COACH, BARGE, KICK)]
    assert " ".join("yes" if each else "no" for each in shown) == seen


@pytest.mark.promise("V13")
def test_policy_shows_monitors_to_the_agents_of_the_call_and_to_nobody_else() -> None:
    told = EngagementPolicy(agents_see_monitors=True)
    assert sees(Viewer("ana", agent_seats=frozenset({"agent"})), engagement(), told)
    assert sees(Viewer("ana", agent_seats=frozenset({"agent"})), engagement(target="customer"), told)
    assert not sees(Viewer("stranger"), engagement(), told)


@pytest.mark.parametrize(
    ("state", "seat", "facts"),
    [
        ("talking", "agent", TargetFacts(Purpose.AGENT)),
        ("held", "agent", TargetFacts(Purpose.AGENT)),
        ("talking", "customer", TargetFacts(Purpose.CUSTOMER, is_in_control=False)),
        ("asking", "agent", TargetFacts(Purpose.AGENT, is_consulting=True)),
        ("consulting", "agent", TargetFacts(Purpose.AGENT, is_consulting=True)),
        ("asking", "second", TargetFacts(Purpose.AGENT, is_joined=False, is_in_control=False)),
        ("consulting", "second", TargetFacts(Purpose.AGENT, is_in_control=False)),
        ("consulting", "customer", TargetFacts(Purpose.CUSTOMER, is_in_control=False)),
        ("transferred", "second", TargetFacts(Purpose.AGENT)),
        ("transferred", "agent", TargetFacts(Purpose.AGENT, is_joined=False, is_in_control=False)),
        ("offering", "agent", TargetFacts(Purpose.AGENT, is_joined=False, is_in_control=False)),
        ("waiting", "customer", TargetFacts(Purpose.CUSTOMER, is_joined=False, is_in_control=False)),
        ("ended", "customer", TargetFacts(Purpose.CUSTOMER, is_joined=False, is_in_control=False)),
    ],
)
def test_target_facts_are_read_from_the_call(state: str, seat: str, facts: TargetFacts) -> None:
    assert target_facts(STATES[state](), seat, coached_by=None, barging=0) == facts


def test_target_facts_name_the_coach_and_know_no_strangers() -> None:
    facts = target_facts(talking(), "agent", coached_by="Tom", barging=2)
    assert facts is not None
    assert (facts.coached_by, facts.barging) == ("Tom", 2)
    assert target_facts(talking(), "stranger", coached_by=None, barging=0) is None


@pytest.mark.promise("V16")
@pytest.mark.parametrize("call", [asking(), consulting()])
def test_coaching_cannot_begin_while_the_agent_consults(call: Call) -> None:
    agent = target_facts(call, "agent", coached_by=None, barging=0)
    assert agent is not None
    assert code(may_start(COACH, supervisor(), agent, STRAIGHT)) == "coach_while_consulting"
    assert code(may_switch(engagement(MONITOR), COACH, supervisor(), agent)) == "coach_while_consulting"


def test_supervisor_who_took_over_can_be_monitored_but_not_coached_or_kicked() -> None:
    facts = target_facts(done(take_over(talking(), "agent", "sup", "sue")), "sup", coached_by=None, barging=0)
    assert facts is not None
    assert may_start(MONITOR, supervisor(), facts, STRAIGHT) is None
    assert code(may_start(COACH, supervisor(), facts, STRAIGHT)) == "coach_only_an_agent"
    assert code(may_start(KICK, supervisor(), facts, STRAIGHT)) == "target_not_in_control"
