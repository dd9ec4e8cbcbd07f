"""HTTP: sign in, sign out, the demo's hints."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from sqlalchemy import func, select

from sideline.kit.edge import database_of, run
from sideline.kit.problems import Problem
from sideline.kit.settings import Settings
from sideline.people.identity import SignedIn
from sideline.people.models import UserRow
from sideline.people.sign_in import commands
from sideline.people.sign_in.authentication import (
    CSRF_COOKIE,
    CSRF_EXEMPT,
    SESSION_COOKIE,
    address_of,
    session_token,
)
from sideline.people.sign_in.schemas import SignIn, SignInHint
from sideline.people.sign_in.who import LONGEST

HINTS = "sign_in_hints"
"""Key of the app's state: the demo's :class:`SignInHint` list, put there by the composition root."""


@post("/api/sign-in", status_code=204, tags=["sign-in"], opt={CSRF_EXEMPT: True})
async def sign_in(request: Request[Any, Any, Any], data: JSONBody[SignIn]) -> Response[None]:
    """Sign in with e-mail address and password; sets the session and the CSRF cookie."""
    _refuse_other_sites(request)
    opened = await commands.sign_in(
        database_of(request),
        data.email,
        data.password,
        address=address_of(request.scope),
        browser=request.headers.get("user-agent", ""),
        former_token=session_token(request.scope),
    )
    settings: Settings = request.app.state.settings
    age = int(LONGEST.total_seconds())
    session = Cookie(
        key=SESSION_COOKIE,
        value=opened.token,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        max_age=age,
    )
    csrf = Cookie(key=CSRF_COOKIE, value=opened.csrf_token, samesite="lax", secure=settings.secure_cookies, max_age=age)
    return Response(None, status_code=204, cookies=[session, csrf])


@post("/api/sign-out", status_code=204, tags=["sign-in"])
async def sign_out(request: Request[Any, Any, Any], me: SignedIn) -> Response[None]:
    """End this sign-in; its sockets are closed."""
    await run(request, lambda tx: commands.sign_out(tx, me), type(None))
    return _without_cookies()


@post("/api/sign-out-everywhere", status_code=204, tags=["sign-in"])
async def sign_out_everywhere(request: Request[Any, Any, Any], me: SignedIn) -> Response[None]:
    """End every sign-in of this user, in every browser."""
    await run(request, lambda tx: commands.sign_out_everywhere(tx, me), type(None))
    return _without_cookies()


@get("/api/sign-in-hints", tags=["sign-in"])
async def sign_in_hints(request: Request[Any, Any, Any]) -> list[SignInHint]:
    """Return the demo organisation's sign-ins; nothing outside a demo."""
    hints: list[SignInHint] = list(request.app.state.get(HINTS) or []) if request.app.state.settings.demo else []
    if not hints:
        return []
    async with database_of(request).reading() as connection:
        emails = select(func.lower(UserRow.email)).where(UserRow.is_active)
        known = set((await connection.execute(emails.where(func.lower(UserRow.email).in_(_emails(hints))))).scalars())
    return [hint for hint in hints if hint.email.lower() in known]


def _emails(hints: list[SignInHint]) -> list[str]:
    return [hint.email.lower() for hint in hints]


def _without_cookies() -> Response[None]:
    response = Response(None, status_code=204)
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(CSRF_COOKIE)
    return response


def _refuse_other_sites(request: Request[Any, Any, Any]) -> None:
    # Another site's form could sign the visitor in as somebody else. It can
    # send JSON only as text/plain, and browsers say where a request comes from.
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Problem(403, "csrf", "Signing in works from Sideline's own page only; open it and try again.")
    if request.content_type[0] != "application/json":
        raise Problem(415, "unsupported_media_type", "The content is of a kind that is not accepted here; send JSON.")


HANDLERS = (sign_in, sign_out, sign_out_everywhere, sign_in_hints)
