"""A floor with one team: supervisors, agents, calls in progress."""

import pytest

from tests.support.engagements import Floor, make_floor
from tests.support.people import Api, make_team


@pytest.fixture
async def floor(api: Api) -> Floor:
    return await make_floor(api, await make_team(api.database))
