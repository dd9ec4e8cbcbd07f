"""Plans of the Asterisk engine, in all small worlds: no step on any way lets anybody hear what is not wanted."""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sideline.rules.audibility import MUSIC, Listening, Mode, Party, Purpose, Route, Routes, World, routes
from sideline.voice.asterisk.effects import Placed, Rig, Side, Snoop, Wires, in_force
from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.plan import MakeSnoop, PutIn, Remove, Rest, Step, TakeOut, after, aims, steps

CUSTOMER, AGENT, COLLEAGUE, OUTSIDE = "customer", "agent", "colleague", "outside"
SARA = "sara"
SUPERVISORS = (SARA, "tom", "uma")
MODES = (Mode.MONITOR, Mode.COACH, Mode.BARGE)


class Scene(msgspec.Struct, frozen=True):
    """A call as the rules have it, and as the PBX has it."""

    world: World
    wires: Wires
    taker: str = ""
    """The supervisor who has taken the customer over."""

    @property
    def customers_line(self) -> str:
        return "C"


def _scene(groups: dict[str, str], wires: Wires, music: str = "", taker: str = "") -> Scene:
    parties = tuple(Party(who, _purpose(who), group) for who, group in groups.items())
    return Scene(World(parties, (), frozenset({music} if music else ())), wires, taker)


def _purpose(who: str) -> Purpose:
    return {CUSTOMER: Purpose.CUSTOMER, SARA: Purpose.SUPERVISOR}.get(who, Purpose.AGENT)


def _consulting(whom: str) -> Scene:
    return _scene(
        {AGENT: "consult", whom: "consult", CUSTOMER: "hold"},
        Wires(
            {"A1": AGENT, "A2": AGENT, "B": whom, "C": CUSTOMER},
            {"A1": "first", "C": "first", "A2": "second", "B": "second"},
            holding=frozenset({"A1"}),
        ),
        music="hold",
    )


SCENES = {
    "waiting": _scene({CUSTOMER: "queue"}, Wires({"C": CUSTOMER}), music="queue"),
    "talking": _scene({AGENT: "main", CUSTOMER: "main"}, Wires({"A1": AGENT, "C": CUSTOMER}, {"A1": "g", "C": "g"})),
    "held": _scene(
        {AGENT: "main", CUSTOMER: "hold"},
        Wires({"A1": AGENT, "C": CUSTOMER}, {"A1": "g", "C": "g"}, holding=frozenset({"A1"})),
        music="hold",
    ),
    "consulting": _consulting(COLLEAGUE),
    "consulting outside": _consulting(OUTSIDE),
    "back with the customer": _scene(
        {AGENT: "main", CUSTOMER: "main", COLLEAGUE: "aside"},
        Wires(
            {"A1": AGENT, "A2": AGENT, "B": COLLEAGUE, "C": CUSTOMER},
            {"A1": "first", "C": "first", "A2": "second", "B": "second"},
            holding=frozenset({"A2"}),
        ),
    ),
    "transferred": _scene(
        {COLLEAGUE: "main", CUSTOMER: "main"}, Wires({"B": COLLEAGUE, "C": CUSTOMER}, {"B": "g", "C": "g"})
    ),
    "three": _scene(
        {AGENT: "main", OUTSIDE: "main", CUSTOMER: "main"},
        Wires({"A1": AGENT, "B": OUTSIDE, "C": CUSTOMER}, {"A1": "g", "B": "g", "C": "g"}),
    ),
    "taken over": _scene({SARA: "main", CUSTOMER: "main"}, Wires({"C": CUSTOMER}, taken="C"), taker=SARA),
}

PLAIN = ("waiting", "talking", "held", "consulting", "consulting outside", "back with the customer", "transferred")


@st.composite
def situations(draw: st.DrawFn, scenes: tuple[str, ...] = tuple(SCENES)) -> tuple[Scene, dict[str, Rig], Routes]:
    """A scene, whatever stands for up to three supervisors, and what is wanted."""
    scene = SCENES[draw(st.sampled_from(scenes))]
    who = SUPERVISORS[: draw(st.integers(1, 3))]
    rigs = {each: draw(_rigs(scene, each)) for each in who}
    return scene, rigs, draw(_wanted(scene, who))


@st.composite
def _rigs(draw: st.DrawFn, scene: Scene, supervisor: str) -> Rig:
    lines = [*scene.wires.owner, "gone"]
    snoops = [
        Snoop(draw(st.sampled_from(lines)), draw(st.sampled_from([Side.BOTH, Side.IN, Side.OUT])), draw(_WHISPERS))
        for _ in range(draw(st.integers(0, 2)))
    ]
    heard = draw(st.sampled_from([None, 0, 1]))
    placed = tuple(
        Placed(f"sideline.s.{supervisor}.{n}", snoop, is_in=n == heard, peers=draw(_peers(scene, snoop.line)))
        for n, snoop in enumerate(snoops)
    )
    if supervisor == scene.taker:
        return Rig(leg_is_in=True, has_customer=True, placed=placed)
    return Rig(draw(st.booleans()), placed)


_WHISPERS = st.sampled_from([Side.NONE, Side.OUT, Side.BOTH])


def _peers(scene: Scene, line: str) -> st.SearchStrategy[frozenset[str] | None]:
    return st.sampled_from([None, scene.wires.peers(line), frozenset({"another"})])


@st.composite
def _wanted(draw: st.DrawFn, scene: Scene, who: tuple[str, ...]) -> Routes:
    """Mostly what the rules say of engagements; now and then any routes at all."""
    if draw(st.integers(0, 4)) == 0:
        people = [*(party.id for party in scene.world.parties), *who]
        pairs = [Route(a, b) for a, b in itertools.product([*people, MUSIC], people) if a != b]
        return draw(st.frozensets(st.sampled_from(pairs)))
    targets = [party.id for party in scene.world.parties if party.id not in who]
    listenings = tuple(
        Listening(each, draw(st.sampled_from(targets)), draw(st.sampled_from(MODES)), draw(st.booleans()))
        for each in who
        if each != scene.taker and draw(st.booleans())
    )
    return routes(msgspec.structs.replace(scene.world, listenings=listenings))


_SERIALS = itertools.count(100, 100)


def plan(scene: Scene, rigs: dict[str, Rig], wanted: Routes, tired: frozenset[str] = frozenset()) -> list[Step]:
    chosen = aims([who for who, rig in rigs.items() if rig.leg_is_in], wanted, rigs, scene.wires)
    return steps(chosen, rigs, scene.wires, serial=next(_SERIALS), names=Names(), tired=tired)


def walk(way: list[Step], rigs: dict[str, Rig]) -> list[dict[str, Rig]]:
    """Return the rigs after each step."""
    found: list[dict[str, Rig]] = []
    for step in way:
        rigs = after(step, rigs)
        found.append(rigs)
    return found


def hear(scene: Scene, rigs: dict[str, Rig]) -> Routes:
    return in_force(rigs, scene.wires)


def of_taker(scene: Scene) -> Routes:
    """Return the routes that the taker's bridge has by itself: their phone and the customer's are both in it."""
    pair = {Route(scene.taker, CUSTOMER), Route(CUSTOMER, scene.taker)}
    return frozenset(pair) if scene.taker else frozenset()


@settings(max_examples=400)
@given(situations())
@pytest.mark.promise("V20")
def test_no_step_opens_a_route_that_was_not_there_and_is_not_wanted(situation) -> None:
    scene, rigs, wanted = situation
    before = hear(scene, rigs)
    for tired in (frozenset(), frozenset(scene.wires.owner)):
        for now in walk(plan(scene, rigs, wanted, tired), rigs):
            assert hear(scene, now) <= before | wanted | of_taker(scene)


@settings(max_examples=300)
@given(situations())
@pytest.mark.promise("V20")
def test_a_bridge_never_has_two_snoops_in(situation) -> None:
    scene, rigs, wanted = situation
    for now in walk(plan(scene, rigs, wanted), rigs):
        for rig in now.values():
            assert sum(each.is_in for each in rig.placed) <= 1


@settings(max_examples=400)
@given(situations())
@pytest.mark.promise("V20")
def test_the_end_of_the_way_opens_nothing_that_is_not_wanted(situation) -> None:
    scene, rigs, wanted = situation
    last = [rigs, *walk(plan(scene, rigs, wanted), rigs)][-1]
    assert hear(scene, last) <= wanted | of_taker(scene)
    assert all(len(rig.placed) <= 1 for rig in last.values())


@settings(max_examples=400)
@given(situations())
def test_planning_again_changes_nothing(situation) -> None:
    scene, rigs, wanted = situation
    last = [rigs, *walk(plan(scene, rigs, wanted), rigs)][-1]
    assert plan(scene, last, wanted) == []


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.promise("V3")
@pytest.mark.promise("V4")
@pytest.mark.promise("V6")
def test_one_supervisor_hears_and_is_heard_exactly_as_the_rules_say(name: str) -> None:
    scene = SCENES[name]
    targets = [party.id for party in scene.world.parties]
    for target, mode, muted in itertools.product(targets, MODES, (False, True)):
        wanted = routes(msgspec.structs.replace(scene.world, listenings=(Listening(SARA, target, mode, muted),)))
        rigs = {SARA: Rig(leg_is_in=True)}
        last = [rigs, *walk(plan(scene, rigs, wanted), rigs)][-1]
        assert hear(scene, last) == {route for route in wanted if SARA in route}, (target, mode, muted)


@settings(max_examples=300)
@given(situations())
def test_a_line_with_another_counterpart_is_freed_of_all_snoops_and_rests_and_no_other_does(situation) -> None:
    scene, rigs, wanted = situation
    way = plan(scene, rigs, wanted)
    makes = {step.placed.snoop.line for step in way if isinstance(step, MakeSnoop)}
    if not makes & _changed_lines(scene, rigs):
        assert Rest() not in way
        return
    rest = way.index(Rest())
    assert way.count(Rest()) == 1
    assert not [step for step in way[:rest] if isinstance(step, MakeSnoop | PutIn)]
    assert not [step for step in way[rest:] if isinstance(step, TakeOut | Remove)]
    rested = walk(way, rigs)[rest]
    for line in _changed_lines(scene, rigs):
        assert not [each for rig in rested.values() for each in rig.placed if each.snoop.line == line]


@settings(max_examples=300)
@given(situations())
def test_a_line_whose_last_snoop_has_just_gone_rests_before_it_gets_another(situation) -> None:
    scene, rigs, wanted = situation
    way = plan(scene, rigs, wanted, tired=frozenset(scene.wires.owner))
    snooped = {each.snoop.line for rig in rigs.values() for each in rig.placed}
    for number, step in enumerate(way):
        if isinstance(step, MakeSnoop) and step.placed.snoop.line not in snooped:
            assert Rest() in way[:number]
    if Rest() in way:
        # Nobody is heard longer because somebody else's line rests.
        assert not [step for step in way[way.index(Rest()) :] if isinstance(step, TakeOut | Remove)]
    if not [step for step in way if isinstance(step, MakeSnoop)]:
        assert Rest() not in way


def _changed_lines(scene: Scene, rigs: dict[str, Rig]) -> set[str]:
    return {
        each.snoop.line
        for rig in rigs.values()
        for each in rig.placed
        if each.peers == frozenset({"another"}) and scene.wires.peers(each.snoop.line)
    }


@settings(max_examples=400)
@given(situations())
def test_whoever_speaks_does_so_on_an_agents_line_where_that_says_the_same(situation) -> None:
    scene, rigs, wanted = situation
    last = [rigs, *walk(plan(scene, rigs, wanted), rigs)][-1]
    for who, rig in last.items():
        snoop = next((each.snoop for each in rig.placed), None)
        assert snoop is None or snoop.whisper != Side.IN
        if snoop is not None and snoop.whisper != Side.NONE and snoop.line == scene.customers_line:
            for line in scene.wires.owner.keys() - {scene.customers_line}:
                for spy, whisper in itertools.product((Side.BOTH, Side.IN, Side.OUT), (Side.OUT, Side.BOTH)):
                    other = {**last, who: _standing(Snoop(line, spy, whisper))}
                    assert hear(scene, other) != hear(scene, last)


def test_who_barged_in_on_a_customer_goes_over_to_the_agent_who_answers() -> None:
    scene = SCENES["talking"]
    wanted = _engaged(scene, Listening(SARA, AGENT, Mode.BARGE))
    rigs = {SARA: _standing(Snoop("C", Side.BOTH, Side.BOTH))}
    assert aims([SARA], wanted, rigs, scene.wires) == {SARA: Snoop("A1", Side.BOTH, Side.BOTH)}


@pytest.mark.promise("V20")
def test_two_who_barge_in_hear_each_other_and_fall_silent_for_each_other_one_by_one() -> None:
    scene = SCENES["talking"]
    both = _engaged(scene, Listening(SARA, AGENT, Mode.BARGE), Listening("tom", AGENT, Mode.BARGE))
    rigs = {SARA: Rig(leg_is_in=True), "tom": Rig(leg_is_in=True)}
    rigs = walk(plan(scene, rigs, both), rigs)[-1]
    assert hear(scene, rigs) == {route for route in both if {SARA, "tom"} & set(route)}
    for first, second in ((SARA, "tom"), ("tom", SARA)):
        wanted = _engaged(scene, Listening(first, AGENT, Mode.COACH), Listening(second, AGENT, Mode.BARGE))
        for now in walk(plan(scene, rigs, wanted), rigs):
            assert hear(scene, now) <= wanted | both
        last = walk(plan(scene, rigs, wanted), rigs)[-1]
        assert hear(scene, last) == {route for route in wanted if {SARA, "tom"} & set(route)}


def _engaged(scene: Scene, *listenings: Listening) -> Routes:
    return routes(msgspec.structs.replace(scene.world, listenings=listenings))


def _standing(snoop: Snoop) -> Rig:
    return Rig(leg_is_in=True, placed=(Placed("sideline.s.sara.0", snoop, is_in=True),))
