"""What supervisors do in the stateful test, and what becomes of their phones."""

from hypothesis import strategies as st

from sideline.rules import call_control
from sideline.rules.audibility import Mode, Purpose
from sideline.rules.call import Step
from sideline.rules.engagement import (
    Engagement,
    EngagementState,
    SupervisorFacts,
    TargetFacts,
    may_disconnect,
    may_start,
    may_stop,
    may_switch,
    target_facts,
)
from sideline.rules.engagement_end import EndReason, PhoneEvent, after_phone
from sideline.rules.presence import Presence
from tests.rules.acts_on_the_call import ActsOnTheCall
from tests.rules.call_model import Watch

SUPERVISORS = st.sampled_from(["sue", "tom", "uma", "vic"])
MODES = st.sampled_from([*Mode, Mode.MONITOR, Mode.COACH, Mode.BARGE])


class ActsOfSupervisors(ActsOnTheCall):
    """Up to three supervisors, one engagement each at a time."""

    def engagement_of(self, user: str) -> Engagement | None:
        return next((each for each in self.engagements.values() if each.supervisor_id == user), None)

    def targets(self) -> st.SearchStrategy[str]:
        """Mostly those who talk; also those who ring or left."""
        return st.sampled_from([*sorted(self.model.talkers()) * 4, *(seat.id for seat in self.call.seats)])

    def allowed_on_target(self, mode: Mode, target: str, by: str | None) -> bool:
        model = self.model
        if model.handler is None or target not in model.talkers():
            return False
        if mode == Mode.COACH:
            free = not model.coaches_of(target) - {by}
            return model.is_agent(target) and free and not (target == model.handler and model.aside)
        if mode == Mode.BARGE:
            return len(model.bargers() - {by}) < 2
        return mode != Mode.BARGE_KICK or (target == model.handler and model.is_agent(target))

    def facts(self, user: str, target: str, own: str | None) -> tuple[SupervisorFacts, TargetFacts]:
        engaged = self.engagement_of(user)
        supervisor = SupervisorFacts(
            user,
            Presence.AVAILABLE,
            frozenset(Mode),
            is_on_this_call=self.call.live_seat_of(user) is not None,
            engaged_in=engaged.mode if engaged else None,
        )
        coaches = sorted(self.model.coaches_of(target) - {own})
        barging = len(self.model.bargers() - {own})
        facts = target_facts(self.call, target, coached_by=coaches[0] if coaches else None, barging=barging)
        assert facts is not None
        return supervisor, facts

    def start(self, data: st.DataObject) -> None:
        user, mode, phone_up = data.draw(SUPERVISORS), data.draw(MODES), data.draw(st.sampled_from([True, True, False]))
        target = data.draw(self.targets())
        supervisor, facts = self.facts(user, target, None)
        refusal = may_start(mode, supervisor, facts, self.policy)
        straight = mode == Mode.MONITOR or not self.policy.observe_first
        free = self.engagement_of(user) is None and straight
        assert (refusal is None) == (free and self.allowed_on_target(mode, target, None))
        if refusal is None:
            name = self.name(user)
            purpose = Purpose.CUSTOMER if target == "customer" else Purpose.AGENT
            is_up = phone_up or mode == Mode.BARGE_KICK
            state = EngagementState.ACTIVE if is_up else EngagementState.CONNECTING
            self.engagements[name] = Engagement(name, user, target, purpose, mode, state)
            self.model.watches[name] = Watch(user, mode.value, target, is_up)
            if mode == Mode.BARGE_KICK:
                self.take_over(name, target)
                return
        self.step = Step(self.call)
        self.settle()

    def take_over(self, name: str, target: str) -> None:
        model, user = self.model, self.model.watches[name].user
        muted = model.watches[name].muted
        assert self.taken(call_control.take_over(self.call, target, name, user, is_muted=muted), True)
        model.handler, model.users[name] = name, user
        model.supervisors_seats.add(name)
        model.muted |= {name} if muted else set()
        self.settle(taker=name)

    def switch(self, data: st.DataObject) -> None:
        mode = data.draw(MODES)
        name = data.draw(st.sampled_from(sorted(self.engagements)))
        engagement = self.engagements[name]
        target = data.draw(self.targets())
        supervisor, facts = self.facts(engagement.supervisor_id, target, name)
        refusal = may_switch(engagement, mode, supervisor, facts)
        watch = self.model.watches[name]
        running = watch.phone_up and watch.mode != "barge_kick"
        assert (refusal is None) == (running and self.allowed_on_target(mode, target, name))
        if refusal is None:
            purpose = Purpose.CUSTOMER if target == "customer" else Purpose.AGENT
            self.engagements[name] = Engagement(
                name, engagement.supervisor_id, target, purpose, mode, EngagementState.ACTIVE
            )
            watch.mode, watch.target = mode.value, target
            if mode == Mode.BARGE_KICK:
                self.take_over(name, target)
                return
        self.step = Step(self.call)
        self.settle()

    def stop(self, data: st.DataObject) -> None:
        user = data.draw(SUPERVISORS)
        name = data.draw(st.sampled_from(sorted(self.engagements)))
        watch = self.model.watches[name]
        refusal = may_stop(self.engagements[name], user)
        assert (refusal is None) == (watch.user == user and watch.mode != "barge_kick")
        if refusal is None:
            self.forget(name)
        self.step = Step(self.call)
        self.settle()

    def disconnect(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.engagements)))
        assert may_disconnect(self.engagements[name], is_permitted=True) is None
        kicked = self.model.watches[name].mode == "barge_kick"
        self.forget(name)
        self.step = Step(self.call)
        if kicked:
            assert self.taken(call_control.leave(self.call, name), True)
            self.model.handler, self.model.aside, self.model.customer = None, None, "waiting"
        self.settle()

    def supervisors_phone(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from([PhoneEvent.ANSWERED, *PhoneEvent]))
        name = data.draw(st.sampled_from(sorted(self.engagements)))
        watch = self.model.watches[name]
        if watch.phone_up != (event in {PhoneEvent.LOST, PhoneEvent.HUNG_UP}) or watch.mode == "barge_kick":
            return
        ended = after_phone(event)
        assert (ended is None) == (event == PhoneEvent.ANSWERED)
        if ended is None:
            each = self.engagements[name]
            self.engagements[name] = Engagement(
                each.id, each.supervisor_id, each.target_id, each.target_purpose, each.mode, EngagementState.ACTIVE
            )
            watch.phone_up = True
        else:
            in_vain = {EndReason.NO_ANSWER, EndReason.BUSY, EndReason.REFUSED, EndReason.UNREACHABLE}
            while_up = {EndReason.PHONE_LOST, EndReason.SUPERVISOR_STOPPED}
            assert ended in (while_up if watch.phone_up else in_vain)
            self.forget(name)
        self.step = Step(self.call)
        self.settle()

    def supervisor_mutes(self, data: st.DataObject) -> None:
        muted = data.draw(st.booleans())
        watch = self.model.watches[data.draw(st.sampled_from(sorted(self.engagements)))]
        if watch.mode != "barge_kick":
            watch.muted = muted
        self.step = Step(self.call)
        self.settle()
