"""Who asks: from a cookie or an API key to :class:`SignedIn`, for every request and socket.

The middleware sets ``scope["user"]``; handlers that need a user declare the
dependency ``me``. A request that changes something and comes with the cookie
must also carry the sign-in's CSRF token, which another site's page can't read.
"""

import hashlib
import hmac
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sideline.kit.db import Database
from sideline.kit.problems import Problem
from sideline.people.identity import SignedIn
from sideline.people.models import ApiKeyRow, SignInRow
from sideline.people.sign_in.who import Who, who_has_key, who_signed_in

SESSION_COOKIE = "sideline_session"
CSRF_COOKIE = "sideline_csrf"
CSRF_HEADER = "x-csrf-token"

CSRF_EXEMPT = "csrf_exempt"
"""Key of a handler's ``opt``: it may be called without the CSRF token."""

SEEN_EVERY = timedelta(minutes=1)
"""How often at most a use of a sign-in or key is written down."""

_API = "/api/"
_CUSTOMER = "/api/customer/"
_SAFE = {"GET", "HEAD", "OPTIONS"}

_SEEN = update(SignInRow).where(SignInRow.id == bindparam("row_id")).values(last_seen_at=bindparam("moment"))
_USED = update(ApiKeyRow).where(ApiKeyRow.id == bindparam("row_id")).values(last_used_at=bindparam("moment"))


def token_hash(token: str) -> bytes:
    """Return what is stored of a random token (it has 256 bits, so SHA-256 needs no salt)."""
    return hashlib.sha256(token.encode()).digest()


class Authentication(ASGIMiddleware):
    """Sets ``scope["user"]``: :class:`SignedIn`, or None.

    Customers' addresses and everything outside the API are nobody's: they
    neither read the cookie nor need the CSRF token. An API key that isn't
    valid is refused with 401, never taken for a visitor.
    """

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Authenticate the request or socket, then pass it on. Raises Problem 401 and 403."""
        scope["user"] = await _user_of(scope)
        await next_app(scope, receive, send)


def provide_me(scope: Scope) -> SignedIn:
    """Return who is signed in; the app-wide dependency ``me``. Raises Problem 401 ``not_signed_in``."""
    user = scope.get("user")
    if not isinstance(user, SignedIn):
        raise not_signed_in()
    return user


def not_signed_in() -> Problem:
    """Return the problem of a request that needs a sign-in and has none."""
    return Problem(401, "not_signed_in", "You are not signed in, or your sign-in has ended; sign in and try again.")


def session_token(scope: Scope) -> str | None:
    """Return the session cookie's value, None without one."""
    try:
        morsel = SimpleCookie(Headers.from_scope(scope).get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None and morsel.value else None


def address_of(scope: Scope) -> str:
    """Return the network address that the request came from."""
    client = scope.get("client")
    return client[0] if client else ""


async def _user_of(scope: Scope) -> SignedIn | None:
    path = scope["path"]
    if not path.startswith(_API) or path.startswith(_CUSTOMER):
        return None
    database: Database = scope["litestar_app"].state.database
    scheme, _, key = Headers.from_scope(scope).get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        async with database.reading() as connection:
            return await _user_with_key(connection, database, key.strip(), address_of(scope))
    token = session_token(scope)
    if token is None:
        return None
    now = database.clock.now()
    async with database.reading() as connection:
        who = await who_signed_in(connection, token_hash(token), now)
        if who is None:
            return None
        _check_csrf(scope, who)
        if now - who.seen_at >= SEEN_EVERY:
            await connection.execute(_SEEN, {"row_id": who.row_id, "moment": now})
    return who.signed_in(address_of(scope), who.row_id)


async def _user_with_key(connection: AsyncConnection, database: Database, key: str, address: str) -> SignedIn:
    now = database.clock.now()
    who = await who_has_key(connection, token_hash(key))
    if who is None:
        raise Problem(401, "bad_api_key", "This API key is not valid, or its user was deactivated; make a new one.")
    if now - who.seen_at >= SEEN_EVERY:
        await connection.execute(_USED, {"row_id": who.row_id, "moment": now})
    return who.signed_in(address, None)


def _check_csrf(scope: Scope, who: Who) -> None:
    if scope["type"] != ScopeType.HTTP or scope["method"] in _SAFE or scope["route_handler"].opt.get(CSRF_EXEMPT):
        return
    sent = Headers.from_scope(scope).get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), who.csrf_token.encode()):
        raise Problem(
            403,
            "csrf",
            "The request doesn't prove that it comes from Sideline's own page, so nothing was done; reload the page.",
        )
