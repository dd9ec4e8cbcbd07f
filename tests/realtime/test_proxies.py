"""Behind a reverse proxy: whose word for the client's address is taken."""

import httpx
import pytest
from sqlalchemy import text

from sideline.kit.db import Database
from tests.support.server import running_site


@pytest.mark.parametrize(
    ("trusted", "address"), [("127.0.0.1", "203.0.113.7"), ("", "127.0.0.1"), ("192.0.2.1", "127.0.0.1")]
)
async def test_only_a_trusted_proxy_says_where_a_request_came_from(
    database: Database, database_url: str, trusted: str, address: str
) -> None:
    with running_site(database_url, trusted_proxies=trusted) as site:
        async with httpx.AsyncClient(base_url=site.url, headers={"X-Forwarded-For": "203.0.113.7"}) as client:
            refused = await client.post("/api/sign-in", json={"email": "nobody@example.org", "password": "wrong"})
    assert refused.status_code == 401
    async with database.reading() as connection:
        subjects = (await connection.execute(text("SELECT subject FROM sign_in_failures"))).scalars().all()
    assert any(address in subject for subject in subjects), subjects
