"""An agent who was only rung has no more to do with the call."""

import pytest

from tests.support.interactions import Line


@pytest.mark.promise("P3")
async def test_an_agent_sees_a_call_while_it_rings_and_not_after_declining_it(line: Line) -> None:
    agent = await line.agent()
    caller = await line.rung(agent)
    path = f"/api/interactions/{caller.interaction_id}"
    topic = {"topics": [f"interaction:{caller.interaction_id}"]}
    assert (await agent.http.get(path)).status_code == 200
    assert (await agent.http.get("/api/events", params=topic)).json()["refused"] == []

    declined = await agent.does(caller, "decline")

    assert declined["abilities"] == {}
    assert (await agent.http.get(path)).status_code == 404
    assert (await agent.http.get("/api/events", params=topic)).json()["refused"] == topic["topics"]


async def test_only_who_talked_on_a_call_sets_its_outcome(line: Line) -> None:
    agent, sold = await line.agent(), await line.result_code()
    caller = await line.rung(agent)

    assert "set_result_code" not in (await agent.current())["abilities"]
    await agent.is_refused(caller, "result-code", "not_on_call", result_code_id=sold)
    await agent.does(caller, "decline")
    await agent.is_refused(caller, "result-code", "not_found", result_code_id=sold)


async def test_an_agent_who_talked_and_was_rung_again_in_vain_still_sets_the_outcome(line: Line) -> None:
    agent, colleague, sold = await line.agent(), await line.agent(presence="available"), await line.result_code()
    caller = await line.talking(agent)
    await agent.does(caller, "transfer", user_id=colleague.id)
    await colleague.does(caller, "answer")
    await agent.http.post("/api/wrap-up/finish")
    await colleague.does(caller, "consult", user_id=agent.id)
    await agent.does(caller, "decline")

    answer = await agent.does(caller, "result-code", result_code_id=sold)

    assert answer["result_code"]["code"] == "sold"
    assert answer["abilities"]["set_result_code"]["allowed"]
