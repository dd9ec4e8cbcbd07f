"""Who hears whom as literal tables, over calls reached by real steps."""

import pytest

from sideline.rules.audibility import MUSIC, Listening, Mode, Party, Purpose, Route, World, routes
from sideline.rules.call_control import mute, take_over, unmute
from tests.rules.calls import STATES, done, hearers, held, routes_of, supervised, talking, voices_heard

MONITOR, COACH, BARGE = Mode.MONITOR, Mode.COACH, Mode.BARGE

# Requirement V3: call, chosen participant, whom the monitoring supervisor hears.
V3 = [
    ("talking", "agent", {"agent", "customer"}),
    ("talking", "customer", {"agent", "customer"}),
    ("held", "agent", {"agent"}),
    ("held", "customer", {"customer"}),
    ("consulting", "agent", {"agent", "second"}),
    ("consulting", "customer", {"customer"}),
    ("transferred", "customer", {"customer", "second"}),
]

# The states between that V3 does not name. A participant who left has no voice and is not heard.
BETWEEN = [
    ("waiting", "customer", {"customer"}),
    ("offering", "customer", {"customer"}),
    ("offering", "agent", set()),
    ("asking", "agent", {"agent"}),
    ("asking", "customer", {"customer"}),
    ("asking", "second", set()),
    ("consulting", "second", {"agent", "second"}),
    ("transferred", "agent", set()),
    ("transferred", "second", {"customer", "second"}),
    ("sent_to_agent", "agent", set()),
    ("sent_to_agent", "customer", {"customer"}),
    ("sent_to_queue", "agent", set()),
    ("sent_to_queue", "customer", {"customer"}),
    ("ended", "agent", set()),
    ("ended", "customer", set()),
]


@pytest.mark.promise("V3")
@pytest.mark.parametrize(("state", "target", "heard"), V3)
def test_monitor_hears_what_the_table_of_v3_says(state: str, target: str, heard: set[str]) -> None:
    assert voices_heard("supervisor", supervised(STATES[state](), MONITOR, target)) == heard


@pytest.mark.parametrize(("state", "target", "heard"), V3 + BETWEEN)
@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
def test_every_mode_hears_the_target_and_whom_the_target_talks_with(
    mode: Mode, state: str, target: str, heard: set[str]
) -> None:
    assert voices_heard("supervisor", supervised(STATES[state](), mode, target)) == heard


# Call, mode, target, who hears the supervisor.
SPEAKING = [
    ("talking", COACH, "agent", {"agent"}),
    ("talking", COACH, "customer", set()),
    ("talking", BARGE, "agent", {"agent", "customer"}),
    ("talking", BARGE, "customer", {"agent", "customer"}),
    ("held", COACH, "agent", {"agent"}),
    ("held", COACH, "customer", set()),
    ("held", BARGE, "agent", {"agent"}),
    ("held", BARGE, "customer", {"customer"}),
    ("asking", COACH, "agent", {"agent"}),
    ("asking", BARGE, "agent", {"agent"}),
    ("asking", BARGE, "second", set()),
    ("consulting", COACH, "agent", {"agent"}),
    ("consulting", COACH, "second", {"second"}),
    ("consulting", COACH, "customer", set()),
    ("consulting", BARGE, "agent", {"agent", "second"}),
    ("consulting", BARGE, "second", {"agent", "second"}),
    ("consulting", BARGE, "customer", {"customer"}),
    ("transferred", COACH, "agent", set()),
    ("transferred", COACH, "second", {"second"}),
    ("transferred", BARGE, "agent", set()),
    ("transferred", BARGE, "second", {"customer", "second"}),
    ("transferred", BARGE, "customer", {"customer", "second"}),
    ("waiting", BARGE, "customer", {"customer"}),
    ("sent_to_agent", BARGE, "customer", {"customer"}),
    ("sent_to_queue", COACH, "agent", set()),
    ("ended", COACH, "agent", set()),
    ("ended", BARGE, "customer", set()),
]


@pytest.mark.parametrize(("state", "mode", "target", "hearing"), SPEAKING)
def test_who_hears_a_supervisor_who_speaks(state: str, mode: Mode, target: str, hearing: set[str]) -> None:
    assert hearers("supervisor", supervised(STATES[state](), mode, target)) == hearing


@pytest.mark.promise("V4")
@pytest.mark.parametrize("state", STATES)
def test_coach_is_heard_only_by_the_coached_agent_in_every_state(state: str) -> None:
    call = STATES[state]()
    agent = call.seat("agent")
    expected = {"agent"} if agent is not None and agent.is_joined else set()
    assert hearers("supervisor", supervised(call, COACH, "agent")) == expected


@pytest.mark.promise("V4")
def test_coach_hears_both_sides_of_an_active_call() -> None:
    assert voices_heard("supervisor", supervised(talking(), COACH, "agent")) == {"agent", "customer"}


@pytest.mark.promise("V2")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("target", ["agent", "customer", "second"])
def test_monitoring_adds_nothing_to_what_anybody_else_hears(state: str, target: str) -> None:
    call = STATES[state]()
    without = routes_of(call)
    with_monitor = supervised(call, MONITOR, target)
    assert {route for route in with_monitor if route.listener != "supervisor"} == without


@pytest.mark.promise("V6")
def test_everyone_on_an_active_call_hears_a_supervisor_who_barges_in() -> None:
    assert hearers("supervisor", supervised(talking(), BARGE, "agent")) == {"agent", "customer"}


@pytest.mark.promise("V7")
def test_after_barge_kick_customer_and_supervisor_hear_each_other_and_the_agent_nobody() -> None:
    call = done(take_over(talking(), "agent", "supervisor", "sue"))
    assert routes_of(call) == {Route("customer", "supervisor"), Route("supervisor", "customer")}


@pytest.mark.parametrize(
    ("state", "pairs"),
    [
        ("waiting", {(MUSIC, "customer")}),
        ("offering", {(MUSIC, "customer")}),
        ("talking", {("customer", "agent"), ("agent", "customer")}),
        ("held", {(MUSIC, "customer")}),
        ("asking", {(MUSIC, "customer")}),
        ("consulting", {("agent", "second"), ("second", "agent"), (MUSIC, "customer")}),
        ("transferred", {("customer", "second"), ("second", "customer")}),
        ("sent_to_agent", {(MUSIC, "customer")}),
        ("sent_to_queue", {(MUSIC, "customer")}),
        ("ended", set()),
    ],
)
def test_participants_without_supervisors_hear_each_other_and_music(state: str, pairs: set[tuple[str, str]]) -> None:
    assert routes_of(STATES[state]()) == pairs


def test_music_gives_way_to_a_supervisor_who_speaks_to_a_held_customer() -> None:
    call = held()
    assert voices_heard("customer", supervised(call, BARGE, "customer")) == {"supervisor"}
    assert voices_heard("customer", supervised(call, BARGE, "customer", is_muted=True)) == {MUSIC}
    assert voices_heard("customer", supervised(call, MONITOR, "customer")) == {MUSIC}


def test_supervisor_never_hears_the_music() -> None:
    for mode in (MONITOR, COACH, BARGE):
        assert MUSIC not in voices_heard("supervisor", supervised(held(), mode, "customer"))


@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
def test_muted_supervisor_is_heard_by_nobody_and_still_hears(mode: Mode) -> None:
    heard = supervised(talking(), mode, "agent", is_muted=True)
    assert hearers("supervisor", heard) == set()
    assert voices_heard("supervisor", heard) == {"agent", "customer"}


@pytest.mark.parametrize("mode", [MONITOR, COACH, BARGE])
def test_muted_agent_is_heard_by_nobody_not_even_by_a_supervisor(mode: Mode) -> None:
    call = done(mute(talking(), "agent"))
    heard = supervised(call, mode, "agent")
    assert hearers("agent", heard) == set()
    assert voices_heard("supervisor", heard) == {"customer"}
    assert "customer" in voices_heard("agent", heard)


def test_unmuted_agent_is_heard_again() -> None:
    call = done(unmute(done(mute(talking(), "agent")), "agent"))
    assert hearers("agent", routes_of(call)) == {"customer"}


def test_muted_customer_is_heard_by_nobody() -> None:
    heard = supervised(done(mute(talking(), "customer")), MONITOR, "customer")
    assert hearers("customer", heard) == set()
    assert voices_heard("supervisor", heard) == {"agent"}


def test_nobody_hears_another_supervisors_coaching() -> None:
    heard = routes_of(
        talking(),
        Listening("coach", "agent", COACH),
        Listening("other coach", "agent", COACH),
        Listening("monitor", "agent", MONITOR),
        Listening("barging", "agent", BARGE),
    )
    assert hearers("coach", heard) == {"agent"}
    assert hearers("other coach", heard) == {"agent"}
    assert hearers("barging", heard) == {"agent", "customer", "coach", "other coach", "monitor"}
    for supervisor in ("coach", "other coach", "monitor"):
        assert voices_heard(supervisor, heard) == {"agent", "customer", "barging"}
    assert voices_heard("barging", heard) == {"agent", "customer"}


def test_supervisors_who_barge_into_one_group_hear_each_other_and_into_two_do_not() -> None:
    together = routes_of(talking(), Listening("one", "agent", BARGE), Listening("two", "customer", BARGE))
    assert hearers("one", together) == {"agent", "customer", "two"}
    assert hearers("two", together) == {"agent", "customer", "one"}
    apart = routes_of(held(), Listening("one", "agent", BARGE), Listening("two", "customer", BARGE))
    assert hearers("one", apart) == {"agent"}
    assert hearers("two", apart) == {"customer"}


def test_coach_of_two_agents_of_a_call_is_heard_by_both() -> None:
    heard = routes_of(STATES["consulting"](), Listening("coach", "agent", COACH), Listening("coach", "second", COACH))
    assert hearers("coach", heard) == {"agent", "second"}


def test_nobody_hears_themself_even_where_a_supervisor_listens_to_their_own_seat() -> None:
    world = World(
        (Party("sue", Purpose.AGENT, "main"), Party("customer", Purpose.CUSTOMER, "main")),
        (Listening("sue", "sue", COACH), Listening("sue", "customer", BARGE)),
    )
    assert routes(world) == {Route("sue", "customer"), Route("customer", "sue")}


def test_barge_kick_gives_no_voice_before_the_supervisor_has_the_seat() -> None:
    assert hearers("supervisor", supervised(talking(), Mode.BARGE_KICK, "agent")) == set()


def test_a_supervisor_who_took_over_is_a_party_and_their_listening_counts_no_more() -> None:
    call = done(take_over(held(), "agent", "supervisor", "sue"))
    assert supervised(call, BARGE, "customer") == {Route(MUSIC, "customer")}
