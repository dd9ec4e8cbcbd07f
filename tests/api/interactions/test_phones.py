"""Connecting a phone: an offer passes through rows to a voice node, and its answer comes back."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from sideline.interactions import leg_routes
from sideline.interactions.leg_answers import LegAnswers
from sideline.interactions.leg_commands import Offered
from sideline.interactions.models import LegRow
from sideline.interactions.voice_nodes import end_life
from sideline.interactions.wake import VOICE
from sideline.kit.problems import Problem
from sideline.voice.engine import EngineFact, LegAnswered, LegClosed, LegLost
from tests.support.interactions import Line, Node, heard, make_node, running_node

OFFER = {"offer": "v=0\r\n", "tab_id": "tab-1", "has_microphone": True}


async def state_of(http: httpx.AsyncClient) -> str | None:
    leg = (await http.get("/api/legs/mine")).json()
    return leg and leg["state"]


async def connected(line: Line, node: Node, http: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await http.post("/api/legs", json={**OFFER, **body})
    assert answer.status_code == 201, answer.text
    leg = answer.json()
    await told(node, LegAnswered(leg["leg_id"]))
    assert await state_of(http) == "up"
    return leg


async def told(node: Node, fact: EngineFact) -> None:
    """Let the node's engine tell ``fact``, and the exchange do what follows from it."""
    node.exchange.note(fact)
    async with asyncio.timeout(10):
        await node.exchange.settled()


async def reloaded(node: Node, http: httpx.AsyncClient, fact: EngineFact, **body: Any) -> None:
    """Let the engine tell ``fact`` of the connection it has while it is busy with the next offer."""
    async with asyncio.timeout(10):
        assert await node.legs.asked.get()
        node.legs.is_fast.clear()
        waiting = asyncio.create_task(http.post("/api/legs", json={**OFFER, **body}))
        await node.legs.asked.get()
        node.exchange.note(fact)
        node.legs.is_fast.set()
        await waiting
        await node.exchange.settled()


async def test_offer_is_answered_by_a_voice_node_and_the_phone_comes_up(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        leg = await connected(line, node, agent.http)

    assert leg["answer"] == "answer to v=0\r\n"
    assert leg["generation"] == 1
    mine = (await agent.http.get("/api/legs/mine")).json()
    assert (mine["leg_id"], mine["tab_id"], mine["has_microphone"]) == (leg["leg_id"], "tab-1", True)


async def test_agent_whose_phone_comes_up_is_rung_for_the_customer_who_waits(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    caller = await line.caller()
    async with running_node(line.api, line.node_id) as node:
        await connected(line, node, agent.http)
    await line.due()

    assert (await agent.current())["id"] == caller.interaction_id


async def test_malformed_offer_is_refused_with_the_engines_sentence_and_another_may_follow(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        refused = await agent.http.post("/api/legs", json={**OFFER, "offer": "garbage"})
        assert (refused.status_code, refused.json()["code"]) == (422, "offer_refused")
        assert "SDP" in refused.json()["detail"]
        assert (await agent.http.get("/api/legs/mine")).json() is None

        await connected(line, node, agent.http)


async def test_offer_that_is_refused_for_now_is_told_so_and_a_later_one_is_answered(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        node.legs.is_full = True
        refused = await agent.http.post("/api/legs", json=OFFER)
        assert (refused.status_code, refused.json()["code"]) == (503, "voice_busy")
        assert refused.headers["retry-after"] == "1"

        node.legs.is_full = False
        await connected(line, node, agent.http)


async def test_refused_offer_leaves_a_connected_phone_as_it_is(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        leg = await connected(line, node, agent.http)
        refused = await agent.http.post("/api/legs", json={**OFFER, "offer": "garbage"})
        assert refused.status_code == 422
        assert await state_of(agent.http) == "up"

        await told(node, LegLost(leg["leg_id"], "gone"))
        assert await state_of(agent.http) == "lost"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**OFFER, "offer": ""},
        {**OFFER, "offer": "v" * 60_001},
        {**OFFER, "offer": "v=0\0"},
        {**OFFER, "tab_id": ""},
        {**OFFER, "take_over": "yes"},
    ],
)
async def test_what_is_no_offer_at_all_is_refused_before_any_voice_node_sees_it(line: Line, body: Any) -> None:
    agent = await line.agent(has_phone=False)
    answer = await agent.http.post("/api/legs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
    assert (await agent.http.get("/api/legs/mine")).json() is None


async def test_second_tab_is_told_and_takes_the_phone_only_when_asked_to(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        first = await connected(line, node, agent.http)

        refused = await agent.http.post("/api/legs", json={**OFFER, "tab_id": "tab-2"})
        assert (refused.status_code, refused.json()["code"]) == (409, "phone_in_other_tab")
        assert (await agent.http.get("/api/legs/mine")).json()["tab_id"] == "tab-1"

        taken = await connected(line, node, agent.http, tab_id="tab-2", take_over=True)
    assert (taken["leg_id"], taken["generation"]) == (first["leg_id"], 2)
    assert (await agent.http.get("/api/legs/mine")).json()["tab_id"] == "tab-2"


async def test_another_tab_may_have_a_phone_that_was_lost(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        await connected(line, node, agent.http)
        await line.lose(agent.id)
        await connected(line, node, agent.http, tab_id="tab-2")


async def test_reload_goes_on_with_the_same_phone_and_the_old_pages_farewell_changes_nothing(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        first = await connected(line, node, agent.http)
        caller = await line.talking(agent)
        second = await connected(line, node, agent.http)
        assert (second["leg_id"], second["generation"]) == (first["leg_id"], 2)

        gone = await agent.http.post(f"/api/legs/{first['leg_id']}/close", content='{"generation": 1}')
        assert gone.status_code == 204, gone.text

        assert await state_of(agent.http) == "up"
        assert (await agent.current())["id"] == caller.interaction_id


async def test_page_that_goes_away_on_a_call_keeps_its_place_and_an_idle_one_gives_the_phone_back(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        leg = await connected(line, node, agent.http)
        caller = await line.talking(agent)
        path = f"/api/legs/{leg['leg_id']}"

        await agent.http.post(f"{path}/close", content='{"generation": 1}')
        assert await state_of(agent.http) == "lost"
        assert (await agent.current())["id"] == caller.interaction_id

        await connected(line, node, agent.http)
        await agent.does(caller, "end")
        assert (await agent.http.delete(path, params={"generation": 2})).status_code == 204
        assert await state_of(agent.http) is None
        async with asyncio.timeout(10):
            assert await node.legs.ended.get() == leg["leg_id"]


async def test_nobody_closes_or_sees_the_phone_of_another(line: Line) -> None:
    agent, other = await line.agent(), await line.agent(has_phone=False)
    leg = await line.leg(agent.id)
    caller = await line.caller()
    customers = await line.leg(caller.participant_id)

    for id_ in (leg.id, customers.id):
        assert (await other.http.delete(f"/api/legs/{id_}", params={"generation": 1})).status_code == 404
    beacon = f'{{"generation": 1, "token": "{caller.http.headers["X-Customer-Token"]}"}}'
    assert (await caller.http.post(f"/api/customer/legs/{leg.id}/close", content=beacon)).status_code == 404
    assert (await caller.http.post(f"/api/customer/legs/{customers.id}/close", content="{}")).status_code == 422
    assert (await other.http.get("/api/legs/mine")).json() is None
    assert await state_of(agent.http) == "up"


async def test_customers_phone_connects_with_the_calls_token_and_only_while_it_lasts(line: Line) -> None:
    caller = await line.caller(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        answer = await caller.http.post("/api/customer/legs", json=OFFER)
        assert answer.status_code == 201, answer.text
        await told(node, LegAnswered(answer.json()["leg_id"]))
        assert (await caller.call())["leg_state"] == "up"
        await caller.hang_up()
        late = await caller.http.post("/api/customer/legs", json=OFFER)
        assert (late.status_code, late.json()["code"]) == (409, "call_ended")


async def test_without_a_voice_node_the_phone_is_told_to_try_again(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with line.database.transaction() as tx:
        await end_life(tx, line.node_id)

    answer = await agent.http.post("/api/legs", json=OFFER)

    assert (answer.status_code, answer.json()["code"]) == (503, "no_voice")


async def test_voice_node_that_does_not_answer_in_time_is_a_504_and_not_a_hanging_page(line: Line) -> None:
    answers = LegAnswers()
    agent = await line.agent()
    leg = await line.leg(agent.id)
    async with line.database.transaction() as tx:
        await tx.session.execute(update(LegRow).where(LegRow.id == leg.id).values(answer=None))

    with pytest.raises(Problem) as problem:
        await answers.answer(line.database, Offered(leg.id, 1), seconds=0.05)

    assert (problem.value.status, problem.value.code) == (504, "no_answer_in_time")


async def test_request_that_waits_is_told_when_a_newer_offer_replaced_its_own(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node, heard(line.database, VOICE) as offers:
        node.legs.is_fast.clear()
        first = asyncio.create_task(agent.http.post("/api/legs", json=OFFER))
        await offers.get()
        second = asyncio.create_task(agent.http.post("/api/legs", json=OFFER))
        await offers.get()
        node.legs.is_fast.set()
        answered = await second
        assert (answered.status_code, answered.json()["generation"]) == (201, 2)
        answers: LegAnswers = line.api.app.state[leg_routes.LEG_ANSWERS]
        answers.look_again()
        assert (await first).json()["code"] == "offer_replaced"


async def test_offer_given_twice_with_one_key_is_one_offer(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id):
        key = {"Idempotency-Key": "offer-1"}
        first = await agent.http.post("/api/legs", json=OFFER, headers=key)
        second = await agent.http.post("/api/legs", json=OFFER, headers=key)
    assert first.json() == second.json()


@pytest.mark.parametrize("fact", [LegClosed, LegLost])
async def test_what_an_older_connection_did_does_not_lose_the_newer_one(
    line: Line, fact: type[LegClosed | LegLost]
) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        leg = await connected(line, node, agent.http)
        await reloaded(node, agent.http, fact(leg["leg_id"], "the old page went away"))
        assert await state_of(agent.http) == "up"


async def test_phone_that_goes_while_its_next_offer_is_refused_is_lost(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        leg = await connected(line, node, agent.http)
        await reloaded(node, agent.http, LegLost(leg["leg_id"], "nothing was heard"), offer="garbage")
        assert await state_of(agent.http) == "lost"


async def test_phone_that_went_just_before_its_next_offer_is_refused_is_lost(line: Line) -> None:
    """The offer is in the row already when that the phone went is written: it concerns nobody, until it is refused."""
    agent = await line.agent(has_phone=False)
    async with running_node(line.api, line.node_id) as node:
        leg = await connected(line, node, agent.http)
        node.is_asleep = True
        waiting = asyncio.create_task(agent.http.post("/api/legs", json={**OFFER, "offer": "garbage"}))
        missed = await node.missed.get()
        await told(node, LegLost(leg["leg_id"], "nothing was heard"))
        assert await state_of(agent.http) == "up"
        node.is_asleep = False
        node.exchange.leg_changed(missed)
        assert (await waiting).status_code == 422
        await node.exchange.settled()
        assert await state_of(agent.http) == "lost"


async def test_exchange_that_missed_its_wake_ups_finds_the_offers_that_wait(line: Line) -> None:
    agent = await line.agent(has_phone=False)
    async with heard(line.database, VOICE) as offers:
        waiting = asyncio.create_task(agent.http.post("/api/legs", json=OFFER))
        await offers.get()
    async with running_node(line.api, line.node_id):
        assert (await waiting).status_code == 201


async def test_phone_goes_to_the_least_loaded_node(line: Line) -> None:
    second = await make_node(line.database)
    await line.agent()
    idle = await line.agent(has_phone=False)
    async with running_node(line.api, second) as node:
        answer = await idle.http.post("/api/legs", json=OFFER)
        assert answer.json()["leg_id"] in node.legs.connected


async def test_phone_goes_to_the_node_of_its_owners_call_however_loaded(line: Line) -> None:
    agent = await line.agent()
    caller = await line.talking(agent)
    await make_node(line.database)
    leg = await line.leg(caller.participant_id)
    async with running_node(line.api, line.node_id) as node:
        answer = await caller.http.post("/api/customer/legs", json={**OFFER, "tab_id": "tab"})
        assert answer.json()["leg_id"] == leg.id
        assert leg.id in node.legs.connected
