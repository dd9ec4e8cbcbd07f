"""What the web process serves beside the API: the web app, headers, health and its own description."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sideline.entry.composition import open_database
from sideline.entry.openapi import written
from sideline.entry.web import make_app
from sideline.kit.settings import Settings
from sideline.kit.telemetry import Metrics, metrics_port
from tests.support.server import Site, browser, running_site


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small web app in place of the real one."""
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<!doctype html><title>Sideline</title>")
    (tmp_path / "dist" / "assets" / "app-1a2b.js").write_text("export const long = 1;\n" * 200)
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr("sideline.entry.web_app.WEB_DIST", tmp_path / "dist")
    return tmp_path / "dist"


@pytest.fixture
def site(built: Path, database_url: str) -> Iterator[Site]:
    with running_site(database_url) as served:
        yield served


async def test_the_page_is_served_at_every_place_within_the_app(site: Site):
    async with browser(site.url) as http:
        for path in ("/", "/performance/interactions", "/c/sales", "/apiary"):
            answer = await http.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert "<title>Sideline</title>" in answer.text
            assert answer.headers["cache-control"] == "no-cache"


async def test_assets_are_kept_for_ever_and_compressed(site: Site, built: Path):
    async with browser(site.url) as http:
        answer = await http.get("/assets/app-1a2b.js")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.text.startswith("export const long")
        plain = await http.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == (built / "assets" / "app-1a2b.js").read_bytes()
        again = await http.get("/assets/app-1a2b.js", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await http.get("/assets/gone-9z.js")).status_code == 404
        assert len(gzip.compress(plain.content)) < len(plain.content)


async def test_a_rebuilt_page_is_served_without_a_restart(site: Site, built: Path):
    async with browser(site.url) as http:
        await http.get("/")
        (built / "index.html").write_text("<!doctype html><title>Newer</title>")
        assert "Newer" in (await http.get("/")).text


async def test_nothing_outside_the_web_app_is_served(site: Site):
    async with browser(site.url) as http:
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt", "/%00"):
            assert "secret" not in (await http.get(path)).text
        assert (await http.post("/")).status_code == 405


async def test_every_answer_carries_the_security_headers_and_a_request_id(site: Site):
    async with browser(site.url) as http:
        for path in ("/", "/api/health", "/api/nothing"):
            answer = await http.get(path, headers={"x-request-id": "mine-1"})
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["permissions-policy"].startswith("microphone=(self)")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-request-id"] == "mine-1"
            assert "server" not in answer.headers
            assert f"connect-src 'self' ws://127.0.0.1:{site.port} wss://" in answer.headers["content-security-policy"]
        strange = await http.get("/", headers={"host": "x; script-src *"})
        assert "script-src *" not in strange.headers["content-security-policy"]
        odd = await http.get("/api/health", headers={"x-request-id": "two words"})
        assert odd.headers["x-request-id"] != "two words"
        assert odd.headers["cache-control"] == "no-store"


async def test_an_unknown_address_of_the_api_is_a_problem(site: Site):
    async with browser(site.url) as http:
        answer = await http.get("/api/nothing")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_health_says_ok(site: Site):
    async with browser(site.url) as http:
        answer = await http.get("/api/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


async def test_the_description_of_the_api_is_served(site: Site):
    async with browser(site.url) as http:
        document = (await http.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "presence.changed" in document["components"]["schemas"]["Event"]["discriminator"]["mapping"]


async def test_figures_are_read_on_loopback(site: Site):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    metrics = Metrics(port)
    try:
        async with browser(site.url) as http:
            await http.get("/api/health")
            figures = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    finally:
        metrics.close()
    assert "sideline_sockets_open 0.0" in figures
    assert 'route="/api/health"' in figures
    Metrics(0).close()


def test_the_description_is_the_same_each_time_and_documents_every_error_as_a_problem(tmp_path: Path):
    def describe() -> bytes:
        settings = Settings(var=tmp_path, database_url="postgresql://nowhere/none")
        return written(make_app(settings, open_database(settings)))

    document = json.loads(describe())
    assert describe() == describe()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    schema = response["content"]["application/problem+json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Problem"}, (path, method, status)


@pytest.mark.parametrize(
    ("process", "port"), [("web", 9400), ("worker", 9401), ("voice", 9402), ("voice-1", 9402), ("voice-2", 9403)]
)
def test_each_process_has_a_port_for_its_figures(process: str, port: int):
    assert metrics_port(9400, process) == port
    assert metrics_port(0, process) == 0
    assert metrics_port(9400, "demo") == 0
