"""The database is away while a call goes on: what is heard follows the telephones, and the rows follow later."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.support.coached_call import CoachedCall, coached_call, comes_true, hears, most_heard
from tests.support.pbx_stack import running_pbx_stack
from tests.support.silent_proxy import silent_proxy
from tests.support.sound import FAINT

AWAY_SECONDS = 5.0


@pytest.mark.promise("V21")
@pytest.mark.promise("V3")
@pytest.mark.promise("V20")
async def test_the_database_is_away_while_the_agent_holds_and_resumes_and_everything_is_as_it_should_be(
    database_url: str, tmp_path: Path, asterisk_root: Path
) -> None:
    async with silent_proxy(database_url) as way, running_pbx_stack(way.url, tmp_path, asterisk_root) as pbx:
        coaching = await coached_call(pbx, "monitor", "coach")
        phones = coaching.phones
        begun = time.monotonic()
        way.refuse()
        await phones["agent"].hold()
        await hears(phones["customer"], "music")
        await phones["agent"].resume()
        await hears(phones["customer"], "agent")
        await hears(phones["agent"], "customer", "sara")
        await phones["agent"].hold()
        await hears(phones["customer"], "music")
        left = AWAY_SECONDS - (time.monotonic() - begun)
        await asyncio.sleep(left)  # house: a database that is away for so long is the subject
        await way.start()
        await comes_true(lambda: says(coaching, "held"))

        way.refuse()
        await way.start()
        await phones["agent"].resume()
        await hears(phones["customer"], "agent")
        await comes_true(lambda: says(coaching, "talking"))
        assert await coaching.everyone_agrees() == "active"
        assert most_heard(phones["sara"], "music", begun) < FAINT
        assert most_heard(phones["customer"], "sara", begun) < FAINT
        assert (await coaching.now())["id"] == coaching.call["id"]
        print(await coaching.goes_on("customer"))


async def says(coaching: CoachedCall, state: str) -> bool:
    """Return whether the interaction is in this state; pages are told to ask again where its database was cut off."""
    answer = await coaching.sara.http.get(f"/api/interactions/{coaching.call['id']}")
    assert answer.status_code in (200, 503), answer.text
    return answer.status_code == 200 and answer.json()["state"] == state
