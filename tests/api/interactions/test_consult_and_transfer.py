"""Consulting a colleague, and giving a call away."""

from sideline.interactions.call_facts import load_call
from sideline.interactions.coached_mark import set_coached
from sideline.interactions.models import QueueMemberRow
from sideline.interactions.supervising_mark import set_supervising
from sideline.rules.permissions import Permission, Scope
from tests.support.interactions import Line, make_queue
from tests.support.people import make_role, make_team


async def test_consulted_agent_talks_with_the_asking_one_while_the_customer_hears_music(line: Line) -> None:
    asking, asked = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(asking)

    ringing = await asking.does(caller, "consult", user_id=asked.id)
    assert ringing["state"] == "consulting"
    assert ringing["abilities"]["complete_transfer"]["refusal"]["code"] == "consult_not_answered"
    assert (await caller.call())["state"] == "held"

    answered = await asked.does(caller, "answer")
    groups = {each["user_id"]: each["talk_group"] for each in answered["participants"]}
    assert groups == {None: "hold", asking.id: "consult", asked.id: "consult"}
    assert await asked.presence() == "interacting"


async def test_consult_is_cancelled_and_everyone_is_where_they_were(line: Line) -> None:
    asking, asked = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(asking)
    await asking.does(caller, "consult", user_id=asked.id)
    await asked.does(caller, "answer")

    back = await asking.does(caller, "cancel-consult")

    assert back["state"] == "talking"
    assert await asked.presence() == "available"
    assert (await asked.desk())["wrap_up"] is None


async def test_consult_becomes_a_transfer(line: Line) -> None:
    asking, asked = await line.agent(), await line.agent(presence="available", name="Cleo")
    caller = await line.talking(asking)
    await asking.does(caller, "consult", user_id=asked.id)
    await asked.does(caller, "answer")

    await asking.does(caller, "complete-transfer")

    assert await asking.presence() == "wrap_up"
    call = await asked.current()
    assert (call["state"], call["agent"]["name"]) == ("talking", "Cleo")
    assert call["abilities"]["hold"]["allowed"]
    assert (await caller.call())["agent_name"] == "Cleo"


async def test_consulted_agent_hangs_up_and_the_customer_stays_on_hold(line: Line) -> None:
    asking, asked = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(asking)
    await asking.does(caller, "consult", user_id=asked.id)
    await asked.does(caller, "answer")
    assert (await asked.current())["abilities"]["end"]["allowed"]

    await asked.does(caller, "end")

    assert (await asking.current())["state"] == "held"
    assert await asked.presence() == "available"


async def test_consult_nobody_answers_stops_ringing_and_costs_the_colleague_nothing(line: Line) -> None:
    asking, asked = await line.agent(), await line.agent()
    await line.idle_since(asking, minutes=5)
    caller = await line.talking(asking)
    await asking.does(caller, "consult", user_id=asked.id)

    await line.after(seconds=21)

    assert (await asking.current())["state"] == "held"
    assert await asked.presence() == "on_queue"


async def test_coached_agent_cannot_consult_and_is_told_why(line: Line) -> None:
    agent, colleague = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(agent)
    mine = (await agent.current())["my_participant_id"]

    async with line.database.transaction() as tx:
        await set_coached(tx, await load_call(tx, caller.interaction_id), mine, True)

    call = await agent.current()
    assert call["is_coached"]
    assert call["abilities"]["consult"]["refusal"]["code"] == "consult_while_coached"
    await agent.is_refused(caller, "consult", "consult_while_coached", user_id=colleague.id)
    assert (await agent.current())["state"] == "talking"

    async with line.database.transaction() as tx:
        await set_coached(tx, await load_call(tx, caller.interaction_id), mine, False)
    await agent.does(caller, "consult", user_id=colleague.id)


async def test_coached_agent_can_transfer_and_end(line: Line) -> None:
    agent = await line.agent()
    for verb, body in (("transfer", {"queue_id": line.queue_id}), ("end", {})):
        caller = await line.talking(agent)
        async with line.database.transaction() as tx:
            loaded = await load_call(tx, caller.interaction_id)
            await set_coached(tx, loaded, (await agent.current())["my_participant_id"], True)
        call = await agent.current()
        assert call["abilities"]["transfer"]["allowed"] and call["abilities"]["end"]["allowed"]

        await agent.does(caller, verb, **body)

        assert (await agent.desk())["current"] == []
        await caller.hang_up()
        await line.after(seconds=31)


async def test_blind_transfer_rings_the_colleague_who_takes_over(line: Line) -> None:
    giving, taking = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(giving)

    await giving.does(caller, "transfer", user_id=taking.id)

    assert await giving.presence() == "wrap_up"
    assert (await caller.call())["state"] == "waiting"
    assert (await taking.current())["state"] == "offering"
    assert (await taking.does(caller, "answer"))["state"] == "talking"


async def test_blind_transfer_nobody_answers_goes_back_to_the_queue(line: Line) -> None:
    giving, absent = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(giving)
    await giving.does(caller, "transfer", user_id=absent.id)

    await line.after(seconds=21)
    assert (await absent.desk())["current"] == []

    other = await line.agent()
    await line.due()
    assert (await other.current())["id"] == caller.interaction_id


async def test_transfer_to_another_queue_lets_that_queues_agents_and_supervisors_have_it(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    queue_id = await line.another_queue(team=None)

    given = await agent.does(caller, "transfer", queue_id=queue_id)

    assert (given["state"], given["queue"]["id"]) == ("waiting", queue_id)
    await line.after(seconds=31)
    assert (await agent.desk())["current"] == [], "the agent is not a member of the other queue"


async def test_transfer_to_a_closed_queue_leaves_the_call_where_it_is(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    closed, _ = await make_queue(line.database, None, is_open=False)

    await agent.is_refused(caller, "transfer", "queue_closed", queue_id=closed)

    assert (await agent.current())["state"] == "talking"


async def test_transfer_needs_exactly_one_target(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    for body in ({}, {"user_id": agent.id, "queue_id": line.queue_id}):
        answer = await agent.ask(caller, "transfer", **(body or {"user_id": None}))
        assert answer.status_code == 422
        assert "user_id" in answer.json()["fields"]


async def test_those_who_cannot_be_reached_are_refused_by_name_of_the_reason(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    busy = await line.agent()
    await line.talking(busy)
    supervising = await line.person("supervisor", has_phone=True)
    async with line.database.transaction() as tx:
        await set_supervising(tx, supervising.id, True)
    reasons = {
        busy: "unreachable",
        await line.agent(presence="not_ready"): "unreachable",
        await line.agent(presence="available", has_phone=False): "no_phone",
        supervising: "unreachable",
        await line.person("auditor", has_phone=True): "not_found",
        agent: "already_on_this_call",
    }

    for colleague, code in reasons.items():
        await agent.is_refused(caller, "consult", code, user_id=colleague.id)

    shown = {each["id"]: each for each in (await agent.http.get("/api/colleagues")).json()}
    for colleague, code in reasons.items():
        if code in {"unreachable", "no_phone"}:
            assert shown[colleague.id]["reach"]["refusal"]["code"] == code
    assert agent.id not in shown


async def test_colleague_who_rings_already_cannot_be_consulted(line: Line) -> None:
    colleague = await line.agent(presence="available")
    first = await line.agent()
    one = await line.talking(first)
    second = await line.agent()
    two = await line.talking(second)
    await first.does(one, "consult", user_id=colleague.id)

    await second.is_refused(two, "consult", "already_ringing", user_id=colleague.id)


async def test_colleagues_are_found_by_part_of_their_name(line: Line) -> None:
    agent = await line.agent(name="Ann Smith")
    await line.agent(name="Bob_Jones")
    await line.agent(name="Bobby Tables")

    found = (await agent.http.get("/api/colleagues", params={"search": "bob"})).json()
    assert [each["name"] for each in found] == ["Bob_Jones", "Bobby Tables"]
    found = (await agent.http.get("/api/colleagues", params={"search": "b_"})).json()
    assert [each["name"] for each in found] == ["Bob_Jones"]


async def test_directory_of_own_teams_shows_nobody_of_another_team(line: Line) -> None:
    mine, theirs = await make_team(line.api.database), await make_team(line.api.database)
    near = await line.agent(team=mine)
    far = await line.agent(team=theirs)
    role = await make_role(
        line.api.database, (Permission.VIEW_DIRECTORY, Scope.OWN_TEAMS), (Permission.TAKE_CALLS, Scope.OWN)
    )
    _, http = await line.api.make_and_sign_in(role, team=mine)

    shown = {each["id"] for each in (await http.get("/api/colleagues")).json()}

    assert near.id in shown
    assert far.id not in shown


async def test_who_is_outside_the_directory_that_one_sees_is_not_there_to_consult_or_transfer_to(line: Line) -> None:
    mine, theirs = await make_team(line.api.database), await make_team(line.api.database)
    role = await make_role(
        line.api.database, (Permission.VIEW_DIRECTORY, Scope.OWN_TEAMS), (Permission.TAKE_CALLS, Scope.OWN)
    )
    agent = await line.person(role, team=mine, presence="on_queue", has_phone=True)
    async with line.database.transaction() as tx:
        tx.session.add(QueueMemberRow(queue_id=line.queue_id, user_id=agent.id))
    caller = await line.talking(agent)
    near = await line.agent(team=mine, presence="available")
    far = await line.agent(team=theirs, presence="available")

    await agent.is_refused(caller, "consult", "not_found", user_id=far.id)
    await agent.is_refused(caller, "transfer", "not_found", user_id=far.id)

    await agent.does(caller, "consult", user_id=near.id)
