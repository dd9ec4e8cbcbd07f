"""What people are shown, and what they may do, where the call they talk on is on telephones."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.coached_call import CoachedCall, coached_call, comes_true, hears, seat
from tests.support.pbx_stack import COLLEAGUE, TOM, PbxStack, running_pbx_stack
from tests.support.sound import HERTZ
from tests.support.voice_stack import Person


@pytest.fixture
async def pbx(database_url: str, tmp_path: Path, asterisk_root: Path) -> AsyncIterator[PbxStack]:
    async with running_pbx_stack(database_url, tmp_path, asterisk_root) as stack:
        yield stack


async def seen_by(who: Person, coaching: CoachedCall) -> dict[str, Any]:
    return await who.ask("GET", f"/api/interactions/{coaching.call['id']}")


def supervisors_of(seen: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["name"], each["mode"]) for each in seen["participants"] if each["purpose"] == "supervisor"]


@pytest.mark.promise("V13")
@pytest.mark.promise("V14")
async def test_who_supervised_a_telephone_call_is_in_its_details_and_on_its_timeline_for_those_who_may_see_it(
    pbx: PbxStack,
) -> None:
    tom = await pbx.desk_person("supervisor", TOM)
    coaching = await coached_call(pbx, "monitor")
    sara, agent = coaching.sara, coaching.agent
    assert supervisors_of(await seen_by(tom, coaching)) == [(sara.name, "monitor")]
    told_agent = await seen_by(agent, coaching)
    assert (supervisors_of(told_agent), told_agent["engagement_segments"]) == ([], [])

    await coaching.press("coach")
    assert supervisors_of(await seen_by(tom, coaching)) == [(sara.name, "coach")]
    assert supervisors_of(await seen_by(agent, coaching)) == [(sara.name, "coach")]
    await coaching.press("barge")
    mine = await sara.mine()
    await sara.ask("POST", f"/api/engagements/{mine['id']}/stop")

    segments = (await seen_by(tom, coaching))["engagement_segments"]
    assert [(each["supervisor"]["name"], each["mode"]) for each in segments] == [
        (sara.name, "monitor"),
        (sara.name, "coach"),
        (sara.name, "barge"),
    ]
    assert all(each["ended_at"] > each["started_at"] for each in segments)
    assert all(before["ended_at"] <= after["started_at"] for before, after in pairwise(segments))


@pytest.mark.promise("V12")
async def test_nobody_supervises_who_is_on_a_telephone_call_of_their_own(pbx: PbxStack) -> None:
    coaching = await coached_call(pbx)
    tom = await pbx.desk_person("supervisor", TOM)
    his, caller = await pbx.lab.phone(TOM, HERTZ["sara"]), await pbx.lab.phone(COLLEAGUE)
    await pbx.talk(caller, his, to=TOM)
    own = await pbx.call(coaching.sara, lambda call: tom.name in [each["name"] for each in call["participants"]])

    for call, purpose, code in ((own, "", "participant_of_this_call"), (coaching.call, "agent", "on_another_call")):
        target = seat(call, purpose) if purpose else next(p for p in call["participants"] if p["name"] != tom.name)
        body = {"interaction_id": call["id"], "target_participant_id": target["id"], "mode": "monitor"}
        answer = await tom.http.post("/api/engagements", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert await tom.mine() is None


@pytest.mark.promise("V16")
async def test_an_agent_who_consults_by_telephone_while_being_coached_is_all_that_hears_the_coach(
    pbx: PbxStack,
) -> None:
    """Nothing can keep a telephone from it: what can be kept is that nobody but the agent hears the whisper."""
    coaching = await coached_call(pbx, "monitor", "coach")
    agent, colleague = coaching.phones["agent"], await pbx.lab.phone(COLLEAGUE, HERTZ["colleague"])
    await pbx.desk_person("agent", COLLEAGUE)
    await hears(agent, "customer", "sara")
    consult = (await coaching.agent.ask("GET", "/api/desk"))["current"][0]["abilities"]["consult"]
    assert consult["refusal"]["code"] == "on_the_telephone"
    await agent.hold()
    await agent.dial(COLLEAGUE)
    await colleague.established()
    await hears(colleague, "agent")
    await hears(coaching.phones["customer"], "music")

    async def is_told() -> bool:
        return (await coaching.now())["state"] == "consulting"

    await comes_true(is_told)
    await hears(colleague, "agent")
    await hears(coaching.phones["customer"], "music")
