"""Before + events = after: what a live list shows after applying events is what asking again would answer.

Commands go through HTTP; what the lists answer before and after each, and the
events between, are kept in ``web/src/realtime/fixtures``. Here they are
compared with what the server says today; ``fixtures.test.ts`` replays them
with the reducers of the web app. Write them anew with
``SIDELINE_WRITE_FIXTURES=1 pytest tests/realtime/test_consistency.py``.
"""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from sideline.entry.composition import reactions
from sideline.entry.web import make_app
from sideline.interactions.leg_owner import locked_leg
from sideline.interactions.leg_states import leg_up, lose
from sideline.interactions.models import LegRow
from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.settings import Settings
from tests.realtime.canonical import canonical
from tests.support.engagements import Floor, LiveCall, Person, make_floor
from tests.support.people import Api, make_team

FIXTURES = Path(__file__).resolve().parents[2] / "web" / "src" / "realtime" / "fixtures"

LISTS = {
    "interactions": "/api/interactions?state=live",
    "coach-manager-users": "/api/coach-manager/users",
}

NOT_IN_EVENTS = {"targets", "abilities", "applied_version"}
"""What one may do depends on who looks, and the pages ask again; what the voice engine confirmed no page shows."""


@pytest.fixture
async def floor(database_url: str, tmp_path: Path) -> AsyncIterator[Floor]:
    clock = SettableClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    database = Database(database_url, clock=clock, reactions=reactions())
    settings = Settings(var=tmp_path, database_url=database_url, demo=False)
    api = Api(make_app(settings, database), database, clock)
    await api.start()
    team = await make_team(database, "Sales")
    yield await make_floor(api, team)
    await api.aclose()
    await database.aclose()


class Recorder:
    """Somebody who watches the lists while a story is told."""

    def __init__(self, floor: Floor, watcher: Person) -> None:
        self.floor = floor
        self.http = watcher.http
        self.topics = [f"team-interactions:{floor.team}", f"team-engagements:{floor.team}", f"user:{watcher.id}"]
        self.position = ""
        self.stories: dict[str, dict[str, Any]] = {}

    async def begin(self) -> None:
        """Take the lists as they are, and the position that goes with them."""
        self.position = (await self._events())["position"]
        self.stories = {name: {"before": await self._list(path), "steps": []} for name, path in LISTS.items()}

    async def step(self, name: str, happens: Callable[[], Awaitable[Any]]) -> Any:
        """Let something happen ten seconds later; note the events and the lists after it."""
        self.floor.api.clock.move(timedelta(seconds=10))
        result = await happens()
        told = await self._events(self.position)
        self.position = told["position"]
        assert told["events"], f"nobody was told that {name}"
        for list_name, path in LISTS.items():
            after = await self._list(path)
            self.stories[list_name]["steps"].append({"name": name, "events": told["events"], "after": after})
        return result

    async def _events(self, position: str | None = None) -> Any:
        asked = {"topics": self.topics, **({"position": position} if position else {})}
        answer = await self.http.get("/api/events", params=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["refused"] == []
        return answer.json()

    async def _list(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        rows = body["items"] if isinstance(body, dict) else body
        return [{name: value for name, value in row.items() if name not in NOT_IN_EVENTS} for row in rows]


async def test_the_kept_fixtures_are_what_the_server_tells_today(floor: Floor):
    watcher = await floor.supervisor(name="Olga Watts", supervises=[floor.team])
    sam = await floor.supervisor(name="Sam Reyes", supervises=[floor.team])
    ana = await floor.agent(name="Ana Silva")
    ben = await floor.agent(name="Ben Okafor", presence="available")
    administrator = await floor.person("administrator", name="Ada Admin")
    await floor.policy(observe_first=False)
    recorder = Recorder(floor, watcher)
    await recorder.begin()
    await tell_the_story(recorder, floor, watcher, sam, ana, ben, administrator)
    for name, story in recorder.stories.items():
        written = json.dumps(canonical(story), indent=1, ensure_ascii=False) + "\n"
        place = FIXTURES / f"{name}.json"
        if os.environ.get("SIDELINE_WRITE_FIXTURES"):
            FIXTURES.mkdir(exist_ok=True)
            place.write_text(written)
        assert place.read_text() == written, f"{place} is not what the server tells: write it anew and look at the diff"


async def tell_the_story(
    recorder: Recorder, floor: Floor, watcher: Person, sam: Person, ana: Person, ben: Person, administrator: Person
) -> None:
    """Let one of everything happen that the live lists show."""
    step = recorder.step
    call = await step("a customer arrives", lambda: customer_arrives(floor))
    await step("it rings for an agent", floor.offer_calls)
    await step("the agent answers", lambda: floor.control(ana, call, "answer"))
    async with floor.database.reading() as connection:
        call.agent = (await connection.execute(_SEAT, {"id": call.id, "user": ana.id})).scalar_one()
    other = await step("another agent takes a call", lambda: floor.call(ben, campaign="Spring"))
    engagement = await step("a supervisor listens", lambda: floor.start(sam, call, "monitor"))
    await step("another one listens too", lambda: floor.start(watcher, call, "monitor"))
    await step("the first one coaches", lambda: floor.switch(sam, engagement, "coach"))
    await step("and is silent", lambda: post(sam, f"/api/engagements/{engagement['id']}/mute", is_muted=True))
    await step("the customer is on hold", lambda: floor.control(ana, call, "hold"))
    await step("and back", lambda: floor.control(ana, call, "resume"))
    await step("the agent mutes", lambda: floor.control(ana, call, "mute"))
    await step("and talks", lambda: floor.control(ana, call, "unmute"))
    await step("the supervisor's phone is lost", lambda: floor.lose_phone(sam))
    await step("and comes back", lambda: phone_comes_back(floor, sam))
    await step("the supervisor barges in", lambda: floor.switch(sam, engagement, "barge"))
    await step("the call gets data", lambda: patch(administrator, call.id, campaign="Summer", list_name="Warm leads"))
    await step(
        "an administrator disconnects the supervisor",
        lambda: post(administrator, f"/api/engagements/{engagement['id']}/disconnect"),
    )
    await step("the other one stops", lambda: stop_mine(floor, watcher))
    await step("the customer hangs up", lambda: floor.customer_hangs_up(call))
    await step("a supervisor listens to the second call", lambda: floor.start(sam, other, "monitor"))
    await step("and takes it over", lambda: barge_kick(floor, sam))
    await step("and ends it", lambda: floor.control(sam, other, "end"))


_SEAT = text(
    "SELECT id::text FROM participants WHERE interaction_id = CAST(:id AS uuid) AND user_id = CAST(:user AS uuid)"
)


async def customer_arrives(floor: Floor) -> LiveCall:
    """Let a customer call in whose phone is lost for a moment: how a phone stands is told, too."""
    call = await floor.waiting_call()
    async with floor.database.transaction() as tx:
        leg_id = (
            await tx.session.execute(select(LegRow.id).where(LegRow.participant_id == call.customer))
        ).scalar_one()
        found = await locked_leg(tx, leg_id)
        assert found is not None
        await lose(tx, *found)
        assert await leg_up(tx, leg_id, 1)
    return call


async def post(person: Person, path: str, **body: Any) -> Any:
    answer = await person.http.post(path, json=body or None)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def patch(person: Person, interaction_id: str, **data: str) -> None:
    answer = await person.http.patch(f"/api/interactions/{interaction_id}/data", json=data)
    assert answer.is_success, answer.text


async def stop_mine(floor: Floor, person: Person) -> None:
    mine = await floor.mine(person)
    await post(person, f"/api/engagements/{mine['id']}/stop")


async def phone_comes_back(floor: Floor, person: Person) -> None:
    await floor.bring_phone_back(person)
    await floor.settled()


async def barge_kick(floor: Floor, person: Person) -> None:
    await floor.switch(person, await floor.mine(person), "barge_kick")
