"""Both ends of a phone use the installation's STUN and TURN servers, and nobody else learns a relay's secret."""

from pathlib import Path

import pytest

from sideline.entry.web import make_app
from sideline.kit.clock import SettableClock
from sideline.kit.db import Database
from sideline.kit.settings import Settings, SettingsError
from tests.support.people import Api, make_user


async def test_pages_are_told_the_servers_of_the_setting(database: Database, clock: SettableClock, tmp_path: Path):
    setting = ("stun:stun.example.org:3478", "turn:me:secret@turn.example.org:3478?transport=tcp")
    app = make_app(Settings(var=tmp_path, database_url=database.url, demo=False, ice_servers=setting), database)
    api = Api(app, database, clock)
    await api.start()
    try:
        agent = await api.sign_in(await make_user(database, "agent"))
        told = await agent.get("/api/legs/ice-servers")
        assert told.json() == [
            {"urls": "stun:stun.example.org:3478", "username": None, "credential": None},
            {"urls": "turn:turn.example.org:3478?transport=tcp", "username": "me", "credential": "secret"},
        ]
        visitor = await api.visitor()
        assert (await visitor.get("/api/legs/ice-servers")).status_code == 401
        assert (await visitor.get("/api/customer/legs/ice-servers")).status_code == 401
    finally:
        await api.aclose()


def test_a_server_that_cannot_be_read_stops_the_start_with_one_line(database: Database, tmp_path: Path):
    settings = Settings(var=tmp_path, database_url=database.url, demo=False, ice_servers=("turn:x",))
    with pytest.raises(SettingsError, match="SIDELINE_ICE_SERVERS: The TURN server 'turn:x' needs a user"):
        make_app(settings, database)
