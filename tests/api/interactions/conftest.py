"""A queue with a team, a voice node and the worker's timers."""

import pytest

from tests.support.interactions import Line, make_line
from tests.support.people import Api, make_team


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api, await make_team(api.database))
