"""Plans of all calls, by leg: nobody hears in one call what is said for another, in whatever order plans come."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from sideline.rules.audibility import MUSIC, Route
from sideline.voice.engine import BrowserPhone, CallPlan, NumberPhone
from sideline.voice.webrtc.plans import ENDED_CALLS_REMEMBERED, PlanBook

PHONES = {"a": BrowserPhone("leg-a"), "b": BrowserPhone("leg-b"), "n": NumberPhone("+44123")}


def plan(version: int, *pairs: tuple[str, str]) -> CallPlan:
    return CallPlan(version=version, phones=PHONES, routes=frozenset(Route(*pair) for pair in pairs))


def test_a_plan_is_kept_by_leg_and_foreign_phones_are_left_to_other_engines() -> None:
    book = PlanBook()
    assert book.accept("c", plan(1, ("a", "b"), ("n", "b"), (MUSIC, "b"), ("a", "n"), ("a", "a"))) == {"leg-b"}
    assert book.heard_by("leg-b") == {"leg-a", MUSIC}
    assert book.listeners_of("leg-a") == {"leg-b"}
    assert book.heard_by("leg-a") == frozenset()


def test_ended_calls_are_remembered_up_to_a_bound() -> None:
    book = PlanBook()
    for n in range(ENDED_CALLS_REMEMBERED + 5):
        book.accept(f"c{n}", CallPlan(version=9, phones={}, routes=frozenset()))
    late = f"c{ENDED_CALLS_REMEMBERED}"
    assert book.accept(late, plan(8, ("a", "b"))) == frozenset()
    assert book.heard_by("leg-b") == frozenset()
    assert late not in book.plans


def test_a_leg_in_two_calls_belongs_to_the_one_where_its_participant_is_youngest() -> None:
    book = PlanBook()
    older = {"1": BrowserPhone("leg-a"), "2": BrowserPhone("leg-b")}
    younger = {"3": BrowserPhone("leg-b"), "4": BrowserPhone("leg-c")}
    talk = frozenset({Route("1", "2"), Route("2", "1")})
    whisper = frozenset({Route("3", "4"), Route("4", "3")})
    book.accept("left", CallPlan(1, older, talk))

    assert book.accept("joined", CallPlan(1, younger, whisper)) == {"leg-a", "leg-b", "leg-c"}
    assert book.heard_by("leg-a") == frozenset()
    assert (book.heard_by("leg-b"), book.heard_by("leg-c")) == ({"leg-c"}, {"leg-b"})

    book.accept("left", CallPlan(1, older, talk))
    assert book.heard_by("leg-a") == frozenset(), "a plan that comes again takes nobody back"

    assert book.accept("joined", CallPlan(2, {}, frozenset())) >= {"leg-a", "leg-b", "leg-c"}
    assert (book.heard_by("leg-a"), book.heard_by("leg-b")) == ({"leg-b"}, {"leg-a"})


LEGS = tuple("abcd")


@st.composite
def plans(draw: st.DrawFn) -> CallPlan:
    seats = draw(st.dictionaries(st.sampled_from("0123456789"), st.sampled_from(LEGS), max_size=4))
    speakers = st.sampled_from([*seats, MUSIC]) if seats else st.just(MUSIC)
    listeners = st.sampled_from(sorted(seats)) if seats else st.just("0")
    pairs = draw(st.frozensets(st.builds(Route, speakers, listeners), max_size=8))
    return CallPlan(draw(st.integers(1, 5)), {seat: BrowserPhone(leg) for seat, leg in seats.items()}, pairs)


def expected(held: Mapping[str, CallPlan]) -> dict[str, set[str]]:
    """Return whom each leg hears when it belongs to one call alone, worked out anew from all plans."""
    seats = [
        (seat, call, phone.leg_id)
        for call, plan in held.items()
        for seat, phone in plan.phones.items()
        if isinstance(phone, BrowserPhone)
    ]
    home = {leg: max((seat, call) for seat, call, of in seats if of == leg)[1] for _, _, leg in seats}
    heard: dict[str, set[str]] = {leg: set() for leg in LEGS}
    for call, plan in held.items():
        leg = {seat: of for seat, where, of in seats if where == call} | {MUSIC: MUSIC}
        for speaker, listener in plan.routes:
            by, to = leg.get(speaker), leg.get(listener)
            if by is None or to is None or by == to or home.get(to) != call:
                continue
            if by == MUSIC or home[by] == call:
                heard[to].add(by)
    return heard


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(["one", "two", "three"]), plans()), max_size=12))
def test_in_whatever_order_plans_come_each_leg_hears_what_its_one_call_allows(
    told: list[tuple[str, CallPlan]],
) -> None:
    book = PlanBook()
    heard: dict[str, set[str]] = {leg: set() for leg in LEGS}
    for call, plan in told:
        concerned = book.accept(call, plan)
        now = {leg: set(book.heard_by(leg)) for leg in LEGS}
        assert now == expected(book.plans)
        assert {leg for leg in LEGS if now[leg] != heard[leg]} <= concerned
        heard = now
