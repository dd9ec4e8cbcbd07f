"""What people on a call do in the stateful test: each act tries a step and tells the model."""

from hypothesis import strategies as st

from sideline.rules import call_control, call_ringing
from sideline.rules.audibility import Listening, Routes, routes
from sideline.rules.call import Call, Outcome, Step, new_call, to_world
from sideline.rules.engagement import Engagement, EngagementPolicy, EngagementState
from sideline.rules.engagement_end import after_step
from tests.rules.call_model import CallModel
from tests.rules.instants import assert_no_instant_leaks

AGENTS = st.sampled_from(["ana", "ben", "cay"])


class ActsOnTheCall:
    """A call by the rules, and beside it the model; the two are compared at each step."""

    call: Call
    step: Step
    model: CallModel
    policy: EngagementPolicy
    engagements: dict[str, Engagement]
    in_force: Routes

    def begin(self, policy: EngagementPolicy) -> None:
        self.policy = policy
        self.call = new_call("customer")
        self.model = CallModel()
        self.engagements = {}
        self.named = 0
        self.acts = 0
        self.in_force = frozenset()
        self.step = Step(self.call)
        self.settle()

    def may_be_over(self) -> bool:
        """Whether enough has been seen of this call to let it end."""
        return self.acts > 35

    # What the machine does with an answer of the rules

    def name(self, prefix: str) -> str:
        self.named += 1
        return f"{prefix}-{self.named}"

    def taken(self, outcome: Outcome, expected: bool) -> bool:
        """Keep a step; say whether it was taken, which must be as the model expects."""
        assert isinstance(outcome, Step) == expected, outcome
        self.step = Step(self.call)
        if not isinstance(outcome, Step):
            return False
        self.call = outcome.call
        self.step = outcome
        return True

    def settle(self, *, transferred: bool = False, taker: str | None = None) -> None:
        """End the engagements that the step ended, and change the routes, looking at every instant."""
        for name, engagement in list(self.engagements.items()):
            if name != taker:
                ended = after_step(engagement, self.step, self.policy) is not None
                assert ended == (not self.model_keeps(name, transferred))
                if ended:
                    self.forget(name)
        before, self.in_force = self.in_force, routes(to_world(self.call, self.listenings()))
        for order in (sorted(before | self.in_force), sorted(before | self.in_force, reverse=True)):
            assert_no_instant_leaks(before, self.in_force, order)

    def model_keeps(self, name: str, transferred: bool) -> bool:
        watch = self.model.watches[name]
        if self.model.customer == "gone":
            return False
        if watch.mode == "barge_kick":
            return name == self.model.handler
        if watch.target == "customer":
            return not transferred or (watch.mode == "monitor" and self.policy.monitor_follows_customer)
        return watch.target in (self.model.handler, self.model.aside, self.model.rings)

    def forget(self, name: str) -> None:
        del self.engagements[name]
        del self.model.watches[name]

    def listenings(self) -> list[Listening]:
        return [
            Listening(name, each.target_id, each.mode, self.model.watches[name].muted)
            for name, each in self.engagements.items()
            if each.state == EngagementState.ACTIVE
        ]

    def anybody(self, data: st.DataObject) -> str:
        """Mostly the one in control, so that runs get somewhere; also customers, strangers and those who left."""
        likely = [self.model.handler] * 8 if self.model.handler else []
        return data.draw(st.sampled_from([*likely, *(seat.id for seat in self.call.seats), "stranger"]))

    # The call

    def queue_offers(self, data: st.DataObject) -> None:
        model, seat, user = self.model, self.name("agent"), data.draw(AGENTS)
        expected = model.customer == "waiting" and model.rings is None
        if self.taken(call_ringing.offer(self.call, seat, user), expected):
            model.rings, model.users[seat] = seat, user
        self.settle()

    def agent_answers(self, data: st.DataObject) -> None:
        model = self.model
        seat = model.rings or model.aside or "stranger"
        expected = seat == model.rings or (seat == model.aside and not model.aside_answered)
        if self.taken(call_ringing.answer(self.call, seat), expected):
            if seat == model.rings:
                model.rings, model.handler, model.customer = None, seat, "talking"
            else:
                model.aside_answered = True
        self.settle()

    def agent_does_not_answer(self, data: st.DataObject) -> None:
        model = self.model
        seat = model.rings or model.aside or "stranger"
        step = data.draw(st.sampled_from([call_ringing.decline, call_ringing.offer_timed_out]))
        expected = seat == model.rings or (seat == model.aside and not model.aside_answered)
        if self.taken(step(self.call, seat), expected):
            if seat == model.rings:
                model.rings = None
            else:
                model.aside = None
        self.settle()

    def somebody_mutes(self, data: st.DataObject) -> None:
        who = self.anybody(data)
        if self.taken(call_control.mute(self.call, who), who in self.model.talkers()):
            self.model.muted.add(who)
        self.settle()

    def somebody_unmutes(self, data: st.DataObject) -> None:
        who = self.anybody(data)
        if self.taken(call_control.unmute(self.call, who), who in self.model.talkers()):
            self.model.muted.discard(who)
        self.settle()

    def controls(self, who: str) -> bool:
        return self.model.handler == who and self.model.customer != "gone"

    def hold(self, data: st.DataObject) -> None:
        who = self.anybody(data)
        if self.taken(call_control.hold(self.call, who), self.controls(who) and self.model.aside is None):
            self.model.customer = "held"
        self.settle()

    def resume(self, data: st.DataObject) -> None:
        who = self.anybody(data)
        if self.taken(call_control.resume(self.call, who), self.controls(who) and self.model.aside is None):
            self.model.customer = "talking"
        self.settle()

    def consult(self, data: st.DataObject) -> None:
        who, seat, model, user = self.anybody(data), self.name("agent"), self.model, data.draw(AGENTS)
        coached = bool(model.coaches_of(who))
        expected = self.controls(who) and not model.aside and not coached
        expected = expected and user not in model.ringing_or_talking_users()
        if self.taken(call_control.start_consult(self.call, who, seat, user, is_coached=coached), expected):
            model.aside, model.aside_answered, model.customer = seat, False, "held"
            model.users[seat] = user
        self.settle()

    def cancel_consult(self, data: st.DataObject) -> None:
        who = self.anybody(data)
        if self.taken(call_control.cancel_consult(self.call, who), self.controls(who) and bool(self.model.aside)):
            self.model.aside, self.model.customer = None, "talking"
        self.settle()

    def complete_transfer(self, data: st.DataObject) -> None:
        who, model = self.anybody(data), self.model
        expected = self.controls(who) and bool(model.aside) and model.aside_answered
        done = self.taken(call_control.complete_transfer(self.call, who), expected)
        if done:
            model.handler, model.aside, model.customer = model.aside, None, "talking"
        self.settle(transferred=done)

    def blind_transfer(self, data: st.DataObject) -> None:
        who, seat, model, user = self.anybody(data), self.name("agent"), self.model, data.draw(AGENTS)
        expected = self.controls(who) and not model.aside and user not in model.ringing_or_talking_users()
        done = self.taken(call_control.blind_transfer_to_agent(self.call, who, seat, user), expected)
        if done:
            model.handler, model.rings, model.customer = None, seat, "waiting"
            model.users[seat] = user
        self.settle(transferred=done)

    def transfer_to_queue(self, data: st.DataObject) -> None:
        who = self.anybody(data)
        expected = self.controls(who) and not self.model.aside
        done = self.taken(call_control.blind_transfer_to_queue(self.call, who), expected)
        if done:
            self.model.handler, self.model.customer = None, "waiting"
        self.settle(transferred=done)

    def somebodys_phone_is_lost(self, data: st.DataObject) -> None:
        who, model = self.anybody(data), self.model
        if not self.may_be_over() and (who == "customer" or data.draw(st.integers(0, 3))):
            return
        there = model.talkers() | {seat for seat in (model.rings, model.aside) if seat}
        if self.taken(call_control.leave(self.call, who), who in there):
            if who == "customer":
                self.hang_up_everybody()
            elif who == model.rings:
                model.rings = None
            elif who == model.aside:
                model.aside = None
            else:
                model.handler, model.aside, model.customer = None, None, "waiting"
        self.settle()

    def hang_up_everybody(self) -> None:
        model = self.model
        model.customer, model.rings, model.handler, model.aside = "gone", None, None, None

    def end(self, data: st.DataObject) -> None:
        if not self.may_be_over():
            return
        who = self.anybody(data)
        if self.taken(call_control.end(self.call, who), self.controls(who)):
            self.hang_up_everybody()
        self.settle()

    def customer_hangs_up(self, data: st.DataObject) -> None:
        if not self.may_be_over():
            return
        if self.taken(call_control.customer_left(self.call), self.model.customer != "gone"):
            self.hang_up_everybody()
        self.settle()
