"""Any sequence of what people do on one call, with up to three supervisors, against a model in plain words."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sideline.rules.audibility import MUSIC, Route
from sideline.rules.call import CallState, live_state
from sideline.rules.engagement import EngagementPolicy
from sideline.voice.webrtc.slots import SLOTS
from tests.rules.acts_of_supervisors import ActsOfSupervisors

# What is done, with weights, so that most runs are long calls with much going on.
ON_THE_CALL = {
    "hold": 1,
    "resume": 1,
    "consult": 3,
    "agent_answers": 3,
    "complete_transfer": 2,
    "cancel_consult": 1,
    "somebody_mutes": 2,
    "somebody_unmutes": 1,
    "blind_transfer": 1,
    "transfer_to_queue": 1,
    "agent_does_not_answer": 1,
    "somebodys_phone_is_lost": 1,
    "end": 1,
    "customer_hangs_up": 1,
}
WITH_NOBODY_THERE = {"queue_offers": 1, "agent_answers": 3, "agent_does_not_answer": 1}
OF_SUPERVISORS = {"start": 4, "switch": 3, "stop": 1, "disconnect": 1, "supervisors_phone": 2, "supervisor_mutes": 1}


def weighted(acts: dict[str, int]) -> st.SearchStrategy[str]:
    return st.sampled_from([act for act, weight in acts.items() for _ in range(weight)])


class CallMachine(ActsOfSupervisors, RuleBasedStateMachine):
    """Few rules, so that every run has all of what people do: Hypothesis leaves some rules out of each run."""

    @initialize(
        data=st.data(),
        observe_first=st.booleans(),
        follow=st.booleans(),
        begins_talking=st.sampled_from([True, True, True, False]),
    )
    def arrive(self, data: st.DataObject, observe_first: bool, follow: bool, begins_talking: bool) -> None:
        self.begin(EngagementPolicy(observe_first=observe_first, monitor_follows_customer=follow))
        if begins_talking:
            self.queue_offers(data)
            self.agent_answers(data)

    @rule(data=st.data(), act=weighted(ON_THE_CALL))
    def somebody_on_the_call(self, data: st.DataObject, act: str) -> None:
        self.acts += 1
        getattr(self, act)(data)

    @precondition(lambda self: self.model.handler is None)
    @rule(data=st.data(), act=weighted(WITH_NOBODY_THERE))
    def call_looks_for_an_agent(self, data: st.DataObject, act: str) -> None:
        self.acts += 1
        getattr(self, act)(data)

    @rule(data=st.data(), act=weighted(OF_SUPERVISORS))
    def supervisor(self, data: st.DataObject, act: str) -> None:
        self.acts += 1
        if act == "start" or self.engagements:
            getattr(self, act)(data)

    def pairs(self) -> set[Route]:
        return set(self.in_force)

    def modes(self) -> dict[str, str]:
        return {name: watch.mode for name, watch in self.model.watches.items()}

    @invariant()
    def routes_are_what_the_model_expects(self) -> None:
        assert {tuple(pair) for pair in self.pairs()} == self.model.expected()

    @invariant()
    def customer_never_hears_a_monitoring_or_coaching_supervisor(self) -> None:
        heard = {speaker for speaker, listener in self.pairs() if listener == "customer"}
        assert not {name for name, mode in self.modes().items() if mode in ("monitor", "coach")} & heard

    @invariant()
    def nobody_hears_a_monitor(self) -> None:
        monitors = {name for name, mode in self.modes().items() if mode == "monitor"}
        assert not {speaker for speaker, _ in self.pairs()} & monitors

    @invariant()
    def only_the_coached_agent_hears_the_coach(self) -> None:
        for name, watch in self.model.watches.items():
            if watch.mode == "coach":
                assert {listener for speaker, listener in self.pairs() if speaker == name} <= {watch.target}

    @invariant()
    def only_those_who_are_there_speak_and_listen(self) -> None:
        up = {name for name, watch in self.model.watches.items() if watch.phone_up}
        there = {seat.id for seat in self.call.seats if seat.is_joined} | up
        assert {speaker for speaker, _ in self.pairs()} <= there | {MUSIC}
        assert {listener for _, listener in self.pairs()} <= there

    @invariant()
    def held_or_waiting_customer_and_agents_do_not_hear_each_other(self) -> None:
        if self.model.customer in ("held", "waiting"):
            agents = {seat.id for seat in self.call.seats} - {"customer"}
            assert not {(s, t) for s, t in self.pairs() if {s, t} & agents and "customer" in (s, t)}

    @invariant()
    def coached_agent_is_not_consulting_and_has_one_coach(self) -> None:
        coached = [watch.target for watch in self.model.watches.values() if watch.mode == "coach"]
        assert len(coached) == len(set(coached))
        if self.call.consulted is not None:
            assert self.call.in_control is not None
            assert self.call.in_control.id not in coached

    @invariant()
    def nobody_hears_more_voices_than_a_phone_plays(self) -> None:
        for listener in {listener for _, listener in self.pairs()}:
            assert sum(to == listener for _, to in self.pairs()) <= SLOTS

    @invariant()
    def nothing_sounds_after_the_end(self) -> None:
        if self.call.state == CallState.ENDED:
            assert not self.pairs()
            assert not self.engagements

    @invariant()
    def call_is_shown_as_what_it_is(self) -> None:
        assert live_state(self.call).value == self.model.shown()

    @invariant()
    def customer_is_never_dropped_by_anybody_but_themself_or_an_end(self) -> None:
        assert self.call.customer.is_joined == (self.model.customer != "gone")


@pytest.mark.promise("V2")
@pytest.mark.promise("V4")
@pytest.mark.promise("V5")
@pytest.mark.promise("V15")
@pytest.mark.promise("V16")
@pytest.mark.promise("V20")
class TestCallMachine(CallMachine.TestCase):
    settings = settings(
        max_examples=500, stateful_step_count=50, suppress_health_check=list(HealthCheck), deadline=None
    )
