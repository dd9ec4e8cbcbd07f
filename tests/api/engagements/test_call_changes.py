"""What agents and customers do to a call, and what that does to its supervisors (V15, V16); rights and sign-ins."""

import pytest

from sideline.rules.permissions import Permission, Scope
from tests.support.engagements import Floor, events_of
from tests.support.people import make_role, make_team


async def ended_reasons(heard: list[dict]) -> list[str]:
    return [event["engagement"]["end_reason"] for event in heard if event["type"] == "engagement.ended"]


@pytest.mark.promise("V15")
@pytest.mark.parametrize("mode", ["monitor", "coach", "barge"])
async def test_a_transfer_ends_what_was_with_the_agent_and_says_so(floor: Floor, mode: str):
    agent, colleague, supervisor = await floor.agent(), await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor")
    if mode != "monitor":
        await floor.switch(supervisor, engagement, mode)
    async with events_of(floor.database) as heard:
        await floor.control(agent, call, "transfer", user_id=colleague.id)
    assert await ended_reasons(heard) == ["agent_transferred"]
    (told,) = [event for event in heard if event["type"] == "engagement.ended"]
    assert f"user:{supervisor.id}" in told["topics"]
    assert told["engagement"]["end_text"] == "The agent transferred the call."
    assert engagement["id"] not in floor.engine.plans[call.id].phones


@pytest.mark.promise("V15")
@pytest.mark.promise("V3")
@pytest.mark.parametrize("follows", [True, False])
async def test_a_monitor_of_the_customer_goes_on_with_the_new_agent_where_policy_says_so(floor: Floor, follows: bool):
    await floor.policy(follow_on_transfer=follows)
    agent, colleague, supervisor = await floor.agent(), await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor", call.customer)
    await floor.control(agent, call, "transfer", user_id=colleague.id)
    answered = await floor.control(colleague, call, "answer")
    if not follows:
        assert await floor.mine(supervisor) is None
        return
    assert floor.hears(call, engagement["id"]) == {call.customer, answered["my_participant_id"]}
    assert (await floor.mine(supervisor))["agent"]["id"] == colleague.id
    detail = (await supervisor.http.get(f"/api/interactions/{call.id}")).json()
    assert len(detail["engagement_segments"]) == 2


@pytest.mark.promise("V15")
async def test_who_follows_a_customer_does_not_hear_an_agent_they_have_no_right_to_hear(floor: Floor):
    stranger = await floor.agent(team=await make_team(floor.database))
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor", call.customer)
    await floor.control(agent, call, "transfer", user_id=stranger.id)
    async with events_of(floor.database) as heard:
        await floor.control(stranger, call, "answer")
    assert await ended_reasons(heard) == ["agent_transferred"]
    assert engagement["id"] not in floor.engine.plans[call.id].phones


@pytest.mark.promise("V15")
async def test_the_customers_hanging_up_ends_coaching_on_both_sides(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    await floor.switch(supervisor, await floor.start(supervisor, call), "coach")
    async with events_of(floor.database) as heard:
        await floor.customer_hangs_up(call)
    assert await ended_reasons(heard) == ["customer_left"]
    assert not floor.engine.plans[call.id].phones


@pytest.mark.promise("V15")
async def test_the_agents_ending_the_call_ends_coaching(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    await floor.switch(supervisor, await floor.start(supervisor, call), "coach")
    async with events_of(floor.database) as heard:
        await floor.control(agent, call, "end")
    assert await ended_reasons(heard) == ["call_ended"]


@pytest.mark.promise("V15")
async def test_when_the_supervisor_stops_agent_and_customer_go_on_undisturbed(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    await floor.switch(supervisor, engagement, "coach")
    await supervisor.http.post(f"/api/engagements/{engagement['id']}/stop")
    await floor.settled()
    assert floor.hears(call, call.agent) == {call.customer}
    assert floor.hears(call, call.customer) == {call.agent}
    assert engagement["id"] not in floor.engine.plans[call.id].phones


@pytest.mark.promise("V15")
async def test_a_coached_agent_can_always_transfer_and_end(floor: Floor):
    agent, supervisor = await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    await floor.switch(supervisor, await floor.start(supervisor, call), "coach")
    abilities = (await agent.http.get("/api/desk")).json()["current"][0]["abilities"]
    assert abilities["transfer"]["allowed"] and abilities["end"]["allowed"]


@pytest.mark.promise("V16")
async def test_a_coached_agent_cannot_consult_and_reads_why(floor: Floor):
    agent, colleague, supervisor = await floor.agent(), await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    await floor.switch(supervisor, engagement, "coach")
    consult = (await agent.http.get("/api/desk")).json()["current"][0]["abilities"]["consult"]
    assert consult["refusal"]["text"] == "You can't consult anyone while you are being coached."
    answer = await agent.http.post(f"/api/interactions/{call.id}/consult", json={"user_id": colleague.id})
    assert (answer.status_code, answer.json()["code"]) == (409, "consult_while_coached")
    await floor.switch(supervisor, engagement, "monitor")
    await floor.control(agent, call, "consult", user_id=colleague.id)


@pytest.mark.promise("V16")
async def test_who_consults_cannot_be_coached_meanwhile(floor: Floor):
    agent, colleague, supervisor = await floor.agent(), await floor.agent(), await floor.supervisor()
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call)
    await floor.control(agent, call, "consult", user_id=colleague.id)
    answer = await floor.try_switch(supervisor, engagement, "coach")
    assert (answer.status_code, answer.json()["code"]) == (409, "coach_while_consulting")


@pytest.mark.promise("P2")
async def test_who_loses_the_right_loses_the_engagement(floor: Floor):
    role = await make_role(
        floor.database, (Permission.MONITOR, Scope.OWN_TEAMS), (Permission.VIEW_INTERACTIONS, Scope.OWN_TEAMS)
    )
    admin, supervisor = await floor.person("administrator"), await floor.person(role)
    call = await floor.call(await floor.agent())
    await floor.start(supervisor, call)
    async with events_of(floor.database) as heard:
        user = (await admin.http.get(f"/api/users/{supervisor.id}")).json()
        changed = await admin.http.patch(
            f"/api/users/{supervisor.id}", json={"version": user["version"], "role_ids": []}
        )
        assert changed.is_success, changed.text
    assert await ended_reasons(heard) == ["not_permitted_any_more"]


async def test_who_signs_out_leaves_the_call(floor: Floor):
    supervisor = await floor.supervisor()
    call = await floor.call(await floor.agent())
    await floor.start(supervisor, call)
    async with events_of(floor.database) as heard:
        assert (await supervisor.http.post("/api/sign-out")).status_code == 204
    assert await ended_reasons(heard) == ["signed_out"]


async def test_an_agent_who_comes_onto_a_barged_call_is_shown_who_is_there(floor: Floor):
    agent, colleague, supervisor = await floor.agent(), await floor.agent(), await floor.supervisor(name="Sam")
    call = await floor.call(agent)
    engagement = await floor.start(supervisor, call, "monitor", call.customer)
    await floor.switch(supervisor, engagement, "barge")
    await floor.control(agent, call, "consult", user_id=colleague.id)
    async with events_of(floor.database) as heard:
        await floor.control(colleague, call, "answer")
    (shown,) = [event for event in heard if event["type"] == "engagement.shown_to_agent"]
    assert (shown["user_id"], shown["supervisors"]) == (colleague.id, [{"name": "Sam", "mode": "barge"}])
