"""A phone that is lost: its place is kept for a while, then its owner leaves the call."""

from datetime import timedelta

from tests.support.interactions import Line


async def test_agent_who_comes_back_in_time_is_where_they_were(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    await agent.does(caller, "hold")

    await line.lose(agent.id)
    mine = (await agent.current())["my_participant_id"]
    shown = {each["id"]: each["leg_state"] for each in (await agent.current())["participants"]}
    assert shown[mine] == "lost"
    await line.after(seconds=14)
    await line.bring_back(agent.id)
    await line.after(seconds=60)

    call = await agent.current()
    assert (call["state"], call["my_participant_id"]) == ("held", mine)
    assert {each["leg_state"] for each in call["participants"]} == {"up"}


async def test_phone_that_was_lost_and_came_back_is_the_same_leg(line: Line) -> None:
    agent = await line.agent()
    await line.talking(agent)
    before = await line.leg(agent.id)

    await line.lose(agent.id)
    await line.bring_back(agent.id)

    after = await line.leg(agent.id)
    assert (after.id, after.generation, after.state) == (before.id, before.generation, "up")


async def test_customer_of_an_agent_who_stays_away_waits_again_at_the_place_they_had(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    await line.after(seconds=30)
    later = await line.caller()

    await line.lose(agent.id)
    await line.after(seconds=16)

    assert (await caller.call())["state"] == "waiting"
    assert (await agent.desk())["current"] == []
    other = await line.agent()
    await line.due()
    assert (await other.current())["id"] == caller.interaction_id
    assert (await later.call())["state"] == "waiting"


async def test_agent_who_stayed_away_is_not_rung_until_their_phone_is_back(line: Line) -> None:
    agent = await line.agent()
    await line.talking(agent)
    await line.lose(agent.id)

    await line.after(seconds=16)
    await line.after(seconds=60)
    assert (await agent.desk())["current"] == []

    await line.connect(user_id=agent.id)
    await line.due()
    assert (await agent.desk())["current"] != []


async def test_call_of_a_customer_who_stays_away_ends_with_that_reason(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)

    await line.lose(caller.participant_id)
    await line.after(seconds=14)
    assert (await agent.current())["state"] == "talking"
    await line.after(seconds=2)

    assert (await caller.call())["ended_reason"] == "customer_lost"
    assert await agent.presence() == "wrap_up"
    assert await line.leg(caller.participant_id) is None


async def test_policy_says_how_long_a_lost_phone_is_kept(line: Line) -> None:
    await line.policy(leg_grace_seconds=60)
    agent = await line.agent()
    caller = await line.talking(agent)

    await line.lose(caller.participant_id)
    await line.after(seconds=59)
    assert (await agent.current())["state"] == "talking"
    await line.after(seconds=2)
    assert (await agent.desk())["current"] == []


async def test_consulted_agent_who_is_lost_leaves_the_consult_only(line: Line) -> None:
    asking, asked = await line.agent(), await line.agent(presence="available")
    caller = await line.talking(asking)
    await asking.does(caller, "consult", user_id=asked.id)
    await asked.does(caller, "answer")

    await line.lose(asked.id)
    await line.after(seconds=16)

    assert (await asking.current())["state"] == "held"
    assert (await asked.desk())["current"] == []


async def test_agent_who_loses_the_phone_while_it_rings_counts_as_not_answering(line: Line) -> None:
    first, second = await line.agent(), await line.agent()
    await line.idle_since(first, minutes=5)
    caller = await line.rung(first)

    await line.lose(first.id)
    await line.after(seconds=16)

    assert (await second.current())["id"] == caller.interaction_id


async def test_customer_is_not_offered_while_their_phone_is_lost(line: Line) -> None:
    caller = await line.caller()
    await line.lose(caller.participant_id)
    agent = await line.agent()

    await line.due()
    assert (await agent.desk())["current"] == []

    await line.bring_back(caller.participant_id)
    await line.due()
    assert (await agent.current())["id"] == caller.interaction_id


async def test_signing_out_leaves_the_call_to_the_queue_and_closes_the_phone(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)

    assert (await agent.http.post("/api/sign-out")).status_code == 204

    assert (await caller.call())["state"] == "waiting"
    assert await line.leg(agent.id) is None


async def test_clock_put_back_makes_nobody_wait_longer_than_the_grace(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    await line.lose(caller.participant_id)

    line.api.clock.move(timedelta(hours=-3))
    await line.due()
    assert (await agent.current())["state"] == "talking", "the customer may still come back"

    await line.after(seconds=16)
    assert (await caller.call())["ended_reason"] == "customer_lost"


async def test_clock_put_back_while_it_rings_lets_it_ring_its_time_and_no_longer(line: Line) -> None:
    agent = await line.agent()
    await line.rung(agent)

    line.api.clock.move(timedelta(hours=-3))
    await line.due()
    assert (await agent.desk())["current"] != []

    await line.after(seconds=21)
    assert (await agent.desk())["current"] == []


async def test_clock_put_back_in_wrap_up_ends_it_instead_of_hanging(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    await agent.does(caller, "end")

    line.api.clock.move(timedelta(hours=-3))
    await line.due()

    assert await agent.presence() == "on_queue"


async def test_clock_put_forward_ends_no_call_whose_phones_are_up(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    waiting = await line.caller()

    line.steady.put_by = timedelta(hours=9)
    await line.after(hours=9)

    assert (await agent.current())["state"] == "talking"
    assert (await caller.call())["state"] == "talking"
    assert (await waiting.call())["state"] == "waiting"


async def test_clock_put_back_makes_no_call_shorter_than_nothing(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)

    line.api.clock.move(timedelta(hours=-3))
    ended = await agent.does(caller, "end")

    assert ended["ended_at"] >= ended["answered_at"] >= ended["started_at"]
    assert all(each["left_at"] >= each["joined_at"] for each in ended["participants"])
    segments = (await line.timeline(caller)).segments
    assert segments
    assert all(each.ended_at >= each.started_at for each in segments)
