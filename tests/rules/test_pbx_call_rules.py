"""A call that a PBX has: any snapshot becomes exactly the call that was seen, whatever was known before."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sideline.rules.audibility import Purpose
from sideline.rules.call import (
    CONSULT,
    HOLD,
    MAIN,
    QUEUE,
    Call,
    CallState,
    Happened,
    Happening,
    LiveState,
    Seat,
    SeatState,
    Step,
    live_state,
    new_call,
)
from sideline.rules.pbx_call import (
    Place,
    Seen,
    SeenParty,
    follow,
    give,
    gone,
    may_be_dialled,
    may_use,
    place_after,
    take_failed,
    take_over,
    told,
)
from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode

NAMES = ("ana", "ben", "cleo", "dora")
TALKS = ("", "bridge 1", "bridge 2", "bridge 3")


class Party(msgspec.Struct, frozen=True):
    """A party of a snapshot, before anybody knows which seat they have."""

    name: str
    group: str = ""
    is_with_customer: bool = True


class Snapshot(msgspec.Struct, frozen=True):
    parties: tuple[Party, ...] = ()
    customer_group: str = "bridge 1"
    is_held: bool = False
    transferred_by: str | None = None

    def on_call(self) -> tuple[Party, ...]:
        """Who is on the call, said once more in other words."""
        return self.parties if any(map(self.is_near, self.parties)) else ()

    def is_near(self, party: Party) -> bool:
        return party.is_with_customer or party.group == self.customer_group != ""


parties = st.builds(Party, name=st.sampled_from(NAMES), group=st.sampled_from(TALKS), is_with_customer=st.booleans())
snapshots = st.builds(
    Snapshot,
    parties=st.lists(parties, max_size=4, unique_by=lambda party: party.name).map(tuple),
    customer_group=st.sampled_from(TALKS),
    is_held=st.booleans(),
    transferred_by=st.none() | st.sampled_from(NAMES),
)


class Pbx:
    """Follows snapshots as the rows do: who is on the call keeps their seat, who comes back gets another."""

    def __init__(self) -> None:
        self.call = new_call("customer")
        self.steps: list[Step] = []
        self._numbers = itertools.count(1)

    def sees(self, snapshot: Snapshot, place: Place = Place.STAYS, *, is_taken: bool = False) -> Step:
        seen = Seen(
            parties=tuple(
                SeenParty(
                    seat_id=self.seat_of(party.name) or f"{party.name} {next(self._numbers)}",
                    user_id=party.name,
                    group=party.group,
                    is_with_customer=party.is_with_customer,
                )
                for party in snapshot.parties
            ),
            customer_group=snapshot.customer_group,
            is_held=snapshot.is_held,
            is_taken=is_taken,
            transferred_by=self.seat_of(snapshot.transferred_by),
            place=place,
        )
        step = follow(self.call, seen)
        self.call = step.call
        self.steps.append(step)
        return step

    def seat_of(self, name: str | None) -> str | None:
        return next((seat.id for seat in self.call.seats if seat.is_live and seat.user_id == name is not None), None)

    def live(self) -> dict[str, Seat]:
        return {seat.user_id or "customer": seat for seat in self.call.seats if seat.is_live}

    def kinds(self) -> list[Happening]:
        return [each.kind for each in self.steps[-1].happened]


def talking(*names: str) -> Snapshot:
    return Snapshot(tuple(Party(name, "bridge 1") for name in names))


HELD = Snapshot((Party("ana", "bridge 1"),), is_held=True)
CONSULTING = Snapshot((Party("ana", "bridge 2"), Party("ben", "bridge 2", is_with_customer=False)), is_held=True)


def hear_each_other(snapshot: Snapshot, one: Party, other: Party) -> bool:
    return one.group == other.group != ""


@given(st.lists(snapshots, min_size=1, max_size=6))
def test_who_shares_a_group_is_exactly_what_was_seen(seen: list[Snapshot]) -> None:
    pbx = Pbx()
    for snapshot in seen:
        pbx.sees(snapshot)
    last, seats = seen[-1], pbx.live()
    assert set(seats) == {"customer", *(party.name for party in last.on_call())}
    for one, other in itertools.combinations(last.on_call(), 2):
        share = seats[one.name].group == seats[other.name].group
        assert share == hear_each_other(last, one, other)
    for party in last.on_call():
        with_customer = party.group == last.customer_group != "" and not last.is_held
        assert (seats[party.name].group == seats["customer"].group) == with_customer


@given(st.lists(snapshots, min_size=1, max_size=6))
def test_following_twice_changes_nothing(seen: list[Snapshot]) -> None:
    pbx = Pbx()
    for snapshot in seen:
        pbx.sees(snapshot)
    before = pbx.call
    assert pbx.sees(msgspec.structs.replace(seen[-1], transferred_by=None)) == Step(before)


@given(st.lists(snapshots, min_size=1, max_size=6))
def test_any_sequence_of_snapshots_leads_to_the_same_seats_as_the_last_alone(seen: list[Snapshot]) -> None:
    along, alone = Pbx(), Pbx()
    for snapshot in seen:
        along.sees(snapshot)
    alone.sees(seen[-1])
    assert along.call.state == alone.call.state

    def places(pbx: Pbx) -> dict[str, tuple[object, ...]]:
        names = {seat.id: seat.user_id or "customer" for seat in pbx.call.seats}
        return {
            name: (names.get(seat.group.removeprefix("aside:"), seat.group), seat.state, seat.is_consulted)
            for name, seat in pbx.live().items()
        }

    assert places(along) == places(alone)


@given(st.lists(snapshots, min_size=1, max_size=6))
def test_whatever_changes_a_call_has_happened_to_somebody_on_it(seen: list[Snapshot]) -> None:
    pbx = Pbx()
    for snapshot in seen:
        before = pbx.call
        step = pbx.sees(snapshot)
        assert bool(step.happened) == (step.call != before)
        ids = {seat.id for seat in step.call.seats}
        assert {each.seat_id for each in step.happened} <= ids
        assert {each.other_seat_id for each in step.happened} <= {None, *ids}


@given(st.lists(snapshots, min_size=1, max_size=6))
def test_a_held_customer_is_on_hold_and_alone(seen: list[Snapshot]) -> None:
    pbx = Pbx()
    for snapshot in seen:
        pbx.sees(snapshot)
        if snapshot.is_held:
            assert pbx.call.customer.group == HOLD
            assert [seat for seat in pbx.live().values() if seat.group == HOLD] == [pbx.call.customer]


@given(st.lists(snapshots, min_size=1, max_size=6))
def test_one_at_most_is_in_control_and_the_call_is_active_while_somebody_is(seen: list[Snapshot]) -> None:
    pbx = Pbx()
    for snapshot in seen:
        pbx.sees(snapshot)
        leading = [seat for name, seat in pbx.live().items() if name != "customer" and not seat.is_consulted]
        near = [party.name for party in snapshot.parties if snapshot.is_near(party)]
        assert [seat.user_id for seat in leading] == near[:1]
        assert (pbx.call.state == CallState.ACTIVE) == bool(near)


@given(st.lists(snapshots, max_size=4), snapshots, st.none() | st.sampled_from(NAMES))
def test_ended_is_final(seen: list[Snapshot], late: Snapshot, by: str | None) -> None:
    pbx = Pbx()
    for snapshot in seen:
        pbx.sees(snapshot)
    pbx.call = gone(pbx.call, pbx.seat_of(by)).call
    ended = pbx.call
    assert ended.state == CallState.ENDED
    assert not any(seat.is_live for seat in ended.seats)
    assert pbx.sees(late) == Step(ended)
    assert gone(ended, None) == Step(ended)


def test_a_call_waits_until_somebody_answers_then_is_held_and_taken_up_again() -> None:
    pbx = Pbx()
    assert pbx.sees(Snapshot(customer_group="")).happened == ()
    assert (pbx.call.state, pbx.call.customer.group) == (CallState.WAITING, QUEUE)
    pbx.sees(talking("ana"))
    assert pbx.kinds() == [Happening.ANSWERED]
    assert live_state(pbx.call) == LiveState.TALKING
    pbx.sees(HELD)
    assert pbx.kinds() == [Happening.HELD]
    assert pbx.live()["ana"].group == MAIN
    pbx.sees(talking("ana"))
    assert pbx.kinds() == [Happening.RESUMED]


def test_a_consult_is_a_talk_of_its_own_and_can_end_or_become_a_transfer() -> None:
    pbx = Pbx()
    pbx.sees(talking("ana"))
    pbx.sees(CONSULTING)
    assert pbx.kinds() == [Happening.CONSULT_STARTED, Happening.CONSULT_ANSWERED, Happening.HELD]
    assert pbx.live()["ana"].group == pbx.live()["ben"].group == CONSULT
    assert live_state(pbx.call) == LiveState.CONSULTING
    pbx.sees(talking("ana"))
    assert pbx.kinds() == [Happening.CONSULT_LEFT, Happening.RESUMED]
    pbx.sees(CONSULTING)
    ana, ben = pbx.live()["ana"].id, pbx.live()["ben"].id
    step = pbx.sees(talking("ben"))
    assert Happened(Happening.TRANSFERRED, ana, ben) in step.happened
    assert pbx.call.in_control == pbx.live()["ben"]


def test_a_blind_transfer_lets_the_customer_wait_until_the_next_answers() -> None:
    pbx = Pbx()
    pbx.sees(talking("ana"))
    pbx.sees(Snapshot(customer_group="", transferred_by="ana"))
    assert pbx.kinds() == [Happening.BLIND_TRANSFERRED]
    assert (pbx.call.state, pbx.call.customer.group) == (CallState.WAITING, QUEUE)
    pbx.sees(talking("ben"))
    assert pbx.kinds() == [Happening.ANSWERED]


def test_who_disappears_without_a_transfer_has_left() -> None:
    pbx = Pbx()
    pbx.sees(talking("ana"))
    pbx.sees(Snapshot(customer_group=""))
    assert pbx.kinds() == [Happening.LEFT]


def test_a_second_one_with_the_customer_talks_with_both() -> None:
    pbx = Pbx()
    pbx.sees(talking("ana", "ben"))
    assert {seat.group for seat in pbx.live().values()} == {MAIN}
    assert pbx.live()["ben"].is_consulted
    pbx.sees(talking("ben"))
    assert pbx.kinds() == [Happening.TRANSFERRED]
    assert not pbx.live()["ben"].is_consulted


def test_who_becomes_known_takes_the_seat_that_they_have() -> None:
    call = follow(new_call("customer"), Seen(parties=(SeenParty(seat_id="a", is_with_customer=True),))).call
    step = follow(call, Seen(parties=(SeenParty(seat_id="a", user_id="ana", is_with_customer=True),)))
    assert step.happened == (Happened(Happening.ANSWERED, "a"),)
    assert step.call.seat("a") == Seat("a", Purpose.AGENT, "ana", SeatState.JOINED, "aside:a")
    assert [seat.id for seat in step.call.seats] == [seat.id for seat in call.seats]
    assert follow(step.call, Seen(parties=(SeenParty(seat_id="a", is_with_customer=True),))) == Step(step.call)


def taken(snapshot: Snapshot = CONSULTING) -> Pbx:
    pbx = Pbx()
    pbx.sees(snapshot)
    step = take_over(pbx.call, pbx.live()["ana"].id, "supervisor", "sue")
    assert isinstance(step, Step)
    pbx.call = step.call
    return pbx


def test_taking_over_leaves_the_supervisor_alone_with_the_customer() -> None:
    pbx = taken()
    assert set(pbx.live()) == {"customer", "sue"}
    assert pbx.call.in_control == Seat("supervisor", Purpose.SUPERVISOR, "sue", SeatState.JOINED, MAIN)
    assert pbx.call.customer.group == HOLD
    assert place_after(Place.STAYS, pbx.call) == Place.TAKEN
    assert take_over(talked := taken(talking("ana")).call, "supervisor", "other", "tom") == Refusal(
        RefusalCode.TARGET_NOT_IN_CONTROL
    )
    assert talked.customer.group == MAIN


@pytest.mark.parametrize("is_taken", [True, False])
@given(snapshot=snapshots)
def test_from_a_take_over_until_the_customer_is_back_the_pbx_moves_nobody(is_taken: bool, snapshot: Snapshot) -> None:
    pbx = taken()
    before = pbx.call
    assert pbx.sees(snapshot, Place.TAKEN, is_taken=is_taken) == Step(before)
    pbx.call = given_back(before)
    before = pbx.call
    assert pbx.sees(snapshot, Place.GIVEN, is_taken=True) == Step(before)
    pbx.sees(snapshot, Place.GIVEN)
    assert set(pbx.live()) == {"customer", *(party.name for party in snapshot.on_call())}


def given_back(call: Call) -> Call:
    step = give(call, "supervisor")
    assert isinstance(step, Step)
    return step.call


def test_the_customer_goes_back_when_the_supervisor_leaves_and_is_hung_up_when_the_call_ends() -> None:
    pbx = taken()
    assert place_after(Place.TAKEN, given_back(pbx.call)) == Place.GIVEN
    assert place_after(Place.TAKEN, gone(pbx.call, "supervisor").call) == Place.ENDED
    assert place_after(Place.STAYS, gone(pbx.call, None).call) == Place.STAYS


def test_a_take_over_that_failed_takes_the_supervisor_off_and_the_next_snapshot_brings_the_agent_back() -> None:
    pbx = taken(talking("ana"))
    step = take_failed(pbx.call)
    assert step.happened == (Happened(Happening.TAKE_OVER_FAILED, "supervisor"),)
    pbx.call = step.call
    assert take_failed(pbx.call) == Step(pbx.call)
    pbx.sees(talking("ana"))
    assert set(pbx.live()) == {"customer", "ana"}
    assert pbx.call.state == CallState.ACTIVE


def test_controls_of_an_agents_telephone_are_on_the_telephone() -> None:
    agent = Seat("a", Purpose.AGENT, "ana", SeatState.JOINED)
    supervisor = Seat("s", Purpose.SUPERVISOR, "sue", SeatState.JOINED)
    for control in ("mute", "hold", "consult", "transfer", "end", "answer"):
        assert may_use(control, agent) == Refusal(RefusalCode.ON_THE_TELEPHONE)
        refused = Refusal(RefusalCode.NO_CONSULT_AFTER_TAKE_OVER) if control == "consult" else None
        assert may_use(control, supervisor) == refused
    assert may_use("set_result_code", agent) is None
    assert may_use("hold", Seat("a", Purpose.AGENT, "ana", SeatState.LEFT)) is None


@pytest.mark.parametrize("presence", list(Presence))
def test_the_pbx_rings_whoever_is_not_busy(presence: Presence) -> None:
    busy = presence in (Presence.INTERACTING, Presence.WRAP_UP, Presence.NOT_READY)
    assert (may_be_dialled(presence, is_supervising=False, has_desk_phone=True) is not None) == busy
    assert may_be_dialled(presence, is_supervising=True, has_desk_phone=True) is not None
    assert may_be_dialled(presence, is_supervising=False, has_desk_phone=False) == Refusal(RefusalCode.NO_TELEPHONE)


def test_a_field_follows_what_the_pbx_tells_anew_and_keeps_what_a_person_set() -> None:
    assert told("", None, "theirs") == "theirs"
    assert told("spring", None, "") == "spring"
    assert told("spring", None, "theirs") == "theirs"
    assert told("spring", "spring", "theirs") == "theirs"
    assert told("summer", "spring", "theirs") == "summer"


def test_a_colleague_whom_the_agent_lets_wait_keeps_their_seat() -> None:
    pbx = Pbx()
    pbx.sees(talking("ana"))
    pbx.sees(CONSULTING)
    seat = pbx.live()["ben"]
    pbx.sees(Snapshot((Party("ana", "bridge 1"), Party("ben", "", is_with_customer=False))))
    assert pbx.live()["ben"].id == seat.id
    assert pbx.live()["customer"].group == pbx.live()["ana"].group == MAIN
    pbx.sees(CONSULTING)
    assert pbx.live()["ben"].id == seat.id
