"""The API's description: OpenAPI 3.1, served at ``/api/openapi.json`` and printed for ``make types``."""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme
from litestar.routes import HTTPRoute

from sideline import __version__
from sideline.entry.composition import open_database
from sideline.kit.problems import PROBLEM_JSON, ProblemOut
from sideline.kit.settings import Settings
from sideline.realtime.event_union import name_the_union

MEANINGS = {
    400: "The request can't be read",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not there, or not for you to see",
    409: "Not possible in this state of things",
    413: "Too large",
    415: "Wrong kind of content",
    422: "Can't be accepted",
    429: "Too many attempts",
    503: "Not available at this moment",
}
"""What a client may be answered beside success; the problem's ``code`` and ``detail`` say more."""

_KEY = "api_key"
_COOKIE = "session"
_CALL = "customer_token"

OPENAPI = OpenAPIConfig(
    title="Sideline",
    version=__version__,
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    use_handler_docstrings=True,
    components=Components(
        security_schemes={
            _KEY: SecurityScheme(type="http", scheme="bearer", description="An API key."),
            _COOKIE: SecurityScheme(
                type="apiKey", name="sideline_session", security_scheme_in="cookie", description="A sign-in."
            ),
            _CALL: SecurityScheme(
                type="apiKey",
                name="X-Customer-Token",
                security_scheme_in="header",
                description="A customer's one call.",
            ),
        }
    ),
    security=[{_KEY: []}, {_COOKIE: []}],
    path="/api/schema",
)


@get("/api/openapi.json", include_in_schema=False, sync_to_thread=False)
def described(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answer the description of this API."""
    state = request.app.state
    if "openapi" not in state:
        state.openapi = written(request.app)
    return Response(state.openapi, media_type="application/json")


def describe(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``: every error documented, the union of events named."""
    document: dict[str, Any] = json.loads(json.dumps(app.openapi_schema.to_schema(), default=str))
    document["components"]["schemas"]["Problem"] = _problem_schema()
    users, customers = _operations_with(app, "me"), _operations_with(app, "customer")
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if (path, method) in customers:
                operation["security"] = [{_CALL: []}]
            elif (path, method) not in users:
                operation["security"] = []
            _document_answers(path, method, operation)
    name_the_union(document)
    return document


def written(app: Litestar) -> bytes:
    """Return the document as ``web/openapi.json`` holds it, the same bytes each time."""
    return json.dumps(describe(app), indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def main() -> int:
    """Print the document."""
    from sideline.entry.web import make_app

    settings = Settings(var=Path.cwd(), database_url="postgresql://nowhere/described")
    sys.stdout.buffer.write(written(make_app(settings, open_database(settings))))
    return 0


def _operations_with(app: Litestar, dependency: str) -> set[tuple[str, str]]:
    """Return the operations whose handler takes ``dependency``: who must have proved who they are."""
    found: set[tuple[str, str]] = set()
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if dependency in handler.parsed_fn_signature.parameters:
                found.update((route.path_format, method.lower()) for method in handler.http_methods)
    return found


def _document_answers(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add every error that an operation of this shape can answer; a route adds its own by ``responses=``."""
    is_change = method not in {"get", "head"}
    has_body = "requestBody" in operation
    is_open = operation.get("security") == []
    has_values = has_body or bool(operation.get("parameters"))
    possible = {
        400: has_values or is_change,
        401: True,
        403: is_change or not is_open,
        404: "{" in path or is_change,
        409: is_change,
        413: has_body,
        415: has_body,
        422: has_values or is_change,
        429: is_change and is_open,
        503: True,
    }
    responses: dict[str, Any] = operation["responses"]
    for status, is_possible in possible.items():
        if is_possible:
            responses[str(status)] = _problem_response(MEANINGS[status])
    for status, response in responses.items():
        if int(status) >= 400:
            responses[status] = _problem_response(response["description"])
        elif int(status) == 204:
            response.pop("content", None)


def _problem_response(meaning: str) -> dict[str, Any]:
    return {
        "description": meaning,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _problem_schema() -> dict[str, Any]:
    (_,), components = msgspec.json.schema_components((ProblemOut,), ref_template="#/components/schemas/{name}")
    schema = dict(components["ProblemOut"])
    schema["title"] = "Problem"
    return schema


if __name__ == "__main__":
    sys.exit(main())
