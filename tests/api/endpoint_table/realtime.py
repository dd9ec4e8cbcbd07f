"""Who may call what of realtime, and what the process says of itself."""

from tests.api.endpoint_table.shape import Ask, Case, Endpoint, Outcome, Side, anyone

_ONE = (Side.OWN,)


async def _topics(_: Case) -> Ask:
    return Ask(query={"topics": "organisation"})


ENDPOINTS = (
    # Which topics an answer holds is asked in tests/realtime/test_rights.py.
    Endpoint("GET", "/api/events", anyone, _topics, _ONE),
    Endpoint("GET", "/api/health", anyone, sides=_ONE, visitor=Outcome.DONE),
    Endpoint("GET", "/api/openapi.json", anyone, sides=_ONE, visitor=Outcome.DONE),
)
