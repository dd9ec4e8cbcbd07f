"""A queue with a team, a voice node and the worker's timers; a floor with a PBX, and an agent at telephone 1001."""

from collections.abc import AsyncIterator

import pytest

from tests.support.engagements import Floor, Person, make_floor
from tests.support.interactions import Line, make_line
from tests.support.pbx_calls import Pbx, agent_at, running_pbx
from tests.support.people import Api, make_team


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api, await make_team(api.database))


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await make_floor(api, await make_team(api.database))


@pytest.fixture
async def pbx(floor: Floor) -> AsyncIterator[Pbx]:
    async with running_pbx(floor) as pbx:
        yield pbx


@pytest.fixture
async def ana(floor: Floor, pbx: Pbx) -> Person:
    return await agent_at(floor, pbx, "1001", "Ana")
