"""May it start: one coach, observe first, presence, own calls, rights (V5, V9, V11, V12, P2, P3)."""

import asyncio
from typing import Any

import pytest

from sideline.engagements.models import EngagementRow
from sideline.kit.ids import new_id
from sideline.rules.permissions import Permission, Scope
from tests.support.engagements import Floor, LiveCall, Person, events_of
from tests.support.people import make_role, make_team


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.promise("V5")
async def test_the_second_coach_is_refused_with_the_first_ones_name_and_any_number_may_monitor(floor: Floor):
    await floor.policy(observe_first=False)
    agent, first = await floor.agent(), await floor.supervisor(name="Sam")
    call = await floor.call(agent)
    await floor.start(first, call, "coach")
    second = await floor.supervisor()
    answer = await floor.try_start(second, call, "coach")
    assert refusal(answer) == (409, "already_coached")
    assert answer.json()["detail"] == "Sam is coaching this agent already."
    for _ in range(3):
        await floor.start(await floor.supervisor(), call, "monitor")


@pytest.mark.promise("V5")
async def test_one_coach_is_for_one_agent_of_a_call_and_each_control_says_what_stands_against_it(floor: Floor):
    await floor.policy(observe_first=False)
    agent, colleague = await floor.agent(), await floor.agent()
    call = await floor.call(agent)
    await floor.control(agent, call, "consult", user_id=colleague.id)
    consulted = (await floor.control(colleague, call, "answer"))["my_participant_id"]
    await floor.start(await floor.supervisor(), call, "coach", consulted)
    targets = await _targets(await floor.supervisor(), call)
    assert targets[consulted]["coach"]["refusal"]["code"] == "already_coached"
    assert targets[call.agent]["coach"]["refusal"]["code"] == "coach_while_consulting"


@pytest.mark.promise("V6")
async def test_a_third_who_barges_in_is_refused_as_nobody_could_hear_so_many(floor: Floor):
    await floor.policy(observe_first=False)
    call = await floor.call(await floor.agent())
    for _ in range(2):
        await floor.start(await floor.supervisor(), call, "barge")
    await floor.start(await floor.supervisor(), call, "coach")
    third = await floor.supervisor()
    abilities = (await _targets(third, call))[call.agent]
    assert abilities["barge"]["refusal"]["code"] == "too_many_barging"
    answer = await floor.try_start(third, call, "barge")
    assert refusal(answer) == (409, "too_many_barging")
    assert answer.json()["detail"] == "2 supervisors have joined this call already; monitor it, or coach the agent."
    await floor.start(third, call, "monitor")


@pytest.mark.promise("V5")
async def test_of_two_who_press_coach_in_the_same_millisecond_one_wins_and_the_other_is_told_who(floor: Floor):
    await floor.policy(observe_first=False)
    people = [await floor.supervisor(name="Sam"), await floor.supervisor(name="Kim")]
    for _ in range(5):
        agent = await floor.agent()
        call = await floor.call(agent)
        answers = await asyncio.gather(*(floor.try_start(each, call, "coach") for each in people))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        (loser,) = [answer for answer in answers if answer.status_code == 409]
        (winner,) = [answer.json() for answer in answers if answer.status_code == 201]
        assert loser.json()["code"] == "already_coached"
        assert loser.json()["params"]["name"] == winner["supervisor"]["name"]
        starter = next(each for each in people if each.id == winner["supervisor"]["id"])
        await starter.http.post(f"/api/engagements/{winner['id']}/stop")


@pytest.mark.promise("V5")
async def test_a_coach_who_got_past_the_lock_is_stopped_by_the_constraint_and_told_who(floor: Floor):
    await floor.policy(observe_first=False)
    agent, first, second = await floor.agent(), await floor.supervisor(name="Sam"), await floor.supervisor()
    call = await floor.call(agent)
    elsewhere = await floor.call(await floor.agent())
    async with floor.database.transaction() as tx:
        # The same agent, coached through another call: nothing but the constraint can see both.
        tx.session.add(_coaching(elsewhere, agent, first, tx.now))
        await tx.session.flush()
        attempt = asyncio.create_task(floor.try_start(second, call, "coach"))
        await _waits_for_a_lock(floor)
    assert refusal(await attempt) == (409, "already_coached")
    assert (await attempt).json()["params"] == {"name": "Sam"}


async def test_a_supervisor_who_starts_twice_at_once_gets_one_engagement(floor: Floor):
    supervisor = await floor.supervisor()
    calls = [await floor.call(await floor.agent()) for _ in range(2)]
    answers = await asyncio.gather(*(floor.try_start(supervisor, call) for call in calls))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (loser,) = [answer for answer in answers if answer.status_code == 409]
    assert loser.json()["code"] == "already_supervising"


@pytest.mark.promise("V9")
@pytest.mark.parametrize("mode", ["coach", "barge", "barge_kick"])
async def test_with_observe_first_on_only_a_monitor_starts_and_the_control_says_why(floor: Floor, mode: str):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    assert refusal(await floor.try_start(supervisor, call, mode)) == (409, "observe_first")
    targets = await _targets(supervisor, call)
    assert targets[call.agent][mode]["refusal"]["code"] == "observe_first"
    await floor.start(supervisor, call, "monitor")
    assert (await _targets(supervisor, call))[call.agent][mode] == {"allowed": True, "refusal": None}


@pytest.mark.promise("V9")
@pytest.mark.parametrize("mode", ["coach", "barge", "barge_kick"])
async def test_with_observe_first_off_every_mode_starts_straight_from_a_list(floor: Floor, mode: str):
    await floor.policy(observe_first=False)
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    assert (await _targets(supervisor, call))[call.agent][mode] == {"allowed": True, "refusal": None}
    engagement = await floor.start(supervisor, call, mode)
    assert (await floor.mine(supervisor))["state"] == "active"
    assert engagement["mode"] == mode


@pytest.mark.promise("V11")
@pytest.mark.parametrize(("presence", "status"), [("available", 201), ("not_ready", 201), ("on_queue", 409)])
async def test_supervising_needs_a_presence_that_policy_allows(floor: Floor, presence: str, status: int):
    supervisor = await floor.supervisor(presence=presence)
    answer = await floor.try_start(supervisor, await floor.call(await floor.agent()))
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "presence_forbids_supervising"


@pytest.mark.promise("V11")
async def test_policy_may_allow_other_presences(floor: Floor):
    await floor.policy(supervise_presences=["on_queue"])
    call = await floor.call(await floor.agent())
    assert (await floor.try_start(await floor.supervisor(presence="on_queue"), call)).status_code == 201
    refused = await floor.try_start(await floor.supervisor(presence="available"), call)
    assert refused.json()["code"] == "presence_forbids_supervising"


@pytest.mark.promise("V11")
async def test_a_supervisor_who_goes_not_ready_keeps_the_session(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    answer = await supervisor.http.post("/api/presence", json={"status": "not_ready", "reason": "Lunch"})
    assert answer.is_success, answer.text
    await floor.settled()
    assert (await floor.mine(supervisor))["state"] == "active"
    await floor.switch(supervisor, engagement, "coach")


@pytest.mark.promise("V11")
async def test_while_supervising_no_queue_call_is_offered(floor: Floor):
    await floor.policy(supervise_presences=["on_queue"])
    supervisor = await floor.supervisor(presence="on_queue")
    await floor.joins_queue(supervisor)
    call = await floor.call(await floor.agent())
    engagement = await floor.start(supervisor, call)
    waiting = await floor.waiting_call()
    await floor.offer_calls()
    assert await floor.ringing_for(waiting) is None
    await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    await floor.offer_calls()
    assert await floor.ringing_for(waiting) == supervisor.id


@pytest.mark.promise("V12")
async def test_nobody_supervises_a_call_that_they_are_on(floor: Floor):
    both = await make_role(
        floor.database,
        (Permission.MONITOR, Scope.ALL),
        (Permission.COACH, Scope.ALL),
        (Permission.VIEW_INTERACTIONS, Scope.ALL),
        (Permission.TAKE_CALLS, Scope.OWN),
    )
    agent = await floor.agent()
    player = await floor.agent(extra_roles=[both])
    call = await floor.call(player)
    assert refusal(await floor.try_start(player, call, target=call.customer)) == (409, "participant_of_this_call")
    other = await floor.call(agent)
    assert refusal(await floor.try_start(player, other)) == (409, "on_another_call")


@pytest.mark.promise("V12")
async def test_one_engagement_at_a_time(floor: Floor):
    supervisor = await floor.supervisor()
    first, second = [await floor.call(await floor.agent()) for _ in range(2)]
    await floor.start(supervisor, first)
    assert refusal(await floor.try_start(supervisor, second)) == (409, "already_supervising")


@pytest.mark.promise("V10")
async def test_without_a_connected_phone_it_does_not_start(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.close_phone(supervisor)
    assert refusal(await floor.try_start(supervisor, call)) == (409, "no_phone")


async def test_a_reason_is_asked_where_policy_wants_one_and_kept(floor: Floor):
    await floor.policy(reason_required=True)
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    assert refusal(await floor.try_start(supervisor, call)) == (422, "reason_required")
    assert refusal(await floor.try_start(supervisor, call, reason="  ")) == (422, "reason_required")
    await floor.start(supervisor, call, reason="Complaint")


@pytest.mark.promise("P2")
@pytest.mark.parametrize("mode", ["monitor", "coach", "barge", "barge_kick"])
async def test_each_mode_is_a_permission_of_its_own(floor: Floor, mode: str):
    await floor.policy(observe_first=False)
    call = await floor.call(await floor.agent())
    others = [each for each in ("monitor", "coach", "barge", "barge_kick") if each != mode]
    role = await make_role(
        floor.database,
        *((Permission(each), Scope.OWN_TEAMS) for each in others),
        (Permission.VIEW_INTERACTIONS, Scope.OWN_TEAMS),
    )
    supervisor = await floor.person(role)
    assert refusal(await floor.try_start(supervisor, call, mode)) == (403, "not_allowed")
    assert set((await _targets(supervisor, call))[call.agent]) == set(others)


@pytest.mark.promise("P2")
async def test_a_right_for_own_teams_does_not_reach_the_agent_of_another_team(floor: Floor):
    other_team = await make_team(floor.database)
    stranger = await floor.agent(team=other_team)
    # The queue is of the floor's team, so its supervisors see the call; the agent is not theirs.
    call = await floor.call(stranger)
    supervisor = await floor.supervisor()
    assert refusal(await floor.try_start(supervisor, call)) == (403, "not_allowed")
    assert await _targets(supervisor, call) == {}


@pytest.mark.promise("P3")
async def test_an_interaction_that_one_may_not_see_does_not_exist(floor: Floor):
    call = await floor.call(await floor.agent())
    outsider = await floor.supervisor(team=await make_team(floor.database))
    assert (await floor.try_start(outsider, call)).status_code == 404
    assert (await outsider.http.get(f"/api/interactions/{call.id}")).status_code == 404
    missing = LiveCall(new_id(), 0, new_id(), new_id())
    assert (await floor.try_start(outsider, missing)).status_code == 404


@pytest.mark.promise("P3")
async def test_anothers_engagement_does_not_exist_for_those_who_may_not_see_it(floor: Floor):
    call = await floor.call(await floor.agent())
    engagement = await floor.start(await floor.supervisor(), call)
    outsider = await floor.supervisor(team=await make_team(floor.database))
    colleague = await floor.supervisor()
    for verb, body in (("switch", {"mode": "coach"}), ("mute", {"is_muted": True}), ("stop", None)):
        path = f"/api/engagements/{engagement['id']}/{verb}"
        assert (await outsider.http.post(path, json=body)).status_code == 404, verb
        answer = await colleague.http.post(path, json=body)
        assert refusal(answer) == (403, "not_your_engagement"), verb


async def test_who_has_left_or_never_was_on_the_call_is_no_target(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    assert (await floor.try_start(supervisor, call, target=new_id())).status_code == 404
    waiting = await floor.waiting_call()
    answer = await floor.try_start(supervisor, waiting, target=waiting.customer)
    assert answer.status_code in (403, 409)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"interaction_id": "x", "target_participant_id": "y", "mode": "spy"},
        {"interaction_id": "x", "target_participant_id": "y", "mode": "monitor", "is_admin": True},
        {"interaction_id": "x", "target_participant_id": "y", "mode": "monitor", "reason": "a" * 501},
        {"interaction_id": "x", "target_participant_id": "y", "mode": "monitor", "reason": "\x00"},
    ],
)
async def test_what_cannot_be_read_is_a_problem_with_a_sentence(floor: Floor, body: dict[str, Any]):
    supervisor = await floor.supervisor()
    answer = await supervisor.http.post("/api/engagements", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_ids_that_are_none_are_not_found(floor: Floor):
    supervisor = await floor.supervisor()
    body = {"interaction_id": "x", "target_participant_id": "y", "mode": "monitor"}
    assert (await supervisor.http.post("/api/engagements", json=body)).status_code == 404


async def test_a_repeated_request_gets_the_first_ones_answer_and_is_not_done_twice(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    body = {"interaction_id": call.id, "target_participant_id": call.agent, "mode": "monitor"}
    key = {"Idempotency-Key": new_id()}
    async with events_of(floor.database) as heard:
        first, again = [await supervisor.http.post("/api/engagements", json=body, headers=key) for _ in range(2)]
    assert first.json() == again.json()
    assert [event["type"] for event in heard] == ["engagement.requested"]
    await supervisor.http.post(f"/api/engagements/{first.json()['id']}/stop")
    late = await supervisor.http.post("/api/engagements", json=body, headers=key)
    assert late.json()["id"] == first.json()["id"]
    assert await floor.mine(supervisor) is None


async def test_what_has_ended_can_be_neither_switched_nor_muted_nor_stopped(floor: Floor):
    supervisor = await floor.supervisor()
    engagement = await floor.start(supervisor, await floor.call(await floor.agent()))
    path = f"/api/engagements/{engagement['id']}"
    assert (await supervisor.http.post(f"{path}/stop")).status_code == 200
    for verb, body in (("switch", {"mode": "coach"}), ("mute", {"is_muted": True}), ("stop", None)):
        assert refusal(await supervisor.http.post(f"{path}/{verb}", json=body)) == (409, "engagement_ended"), verb


def _coaching(call: LiveCall, agent: Person, supervisor: Person, at: Any) -> EngagementRow:
    return EngagementRow(
        id=new_id(),
        interaction_id=call.id,
        supervisor_id=supervisor.id,
        agent_id=agent.id,
        target_participant_id=call.agent,
        mode="coach",
        state="connecting",
        requested_at=at,
    )


async def _waits_for_a_lock(floor: Floor) -> None:
    """Return once some statement of this database waits for another transaction."""
    from sqlalchemy import text

    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10), floor.database.reading() as connection:
        while not await connection.scalar(waiting):
            pass


async def _targets(person: Person, call: LiveCall) -> dict[str, Any]:
    answer = await person.http.get(f"/api/interactions/{call.id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["targets"]
