"""HTTP: users."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from sideline.kit.edge import database_of, run
from sideline.kit.paging import LARGEST_PAGE, SMALLEST_PAGE, Page
from sideline.kit.problems import Invalid
from sideline.people import user_commands, user_queries
from sideline.people.identity import SignedIn
from sideline.people.models import UserRow
from sideline.people.scoping import may_any
from sideline.people.sign_in.passwords import LONGEST, SHORTEST, hash_password, is_password
from sideline.people.sign_in.throttle import begin_attempt, take_back
from sideline.people.user_queries import UserFilters
from sideline.people.user_schemas import NewPassword, NewUser, UserChange, UserOut
from sideline.rules.permissions import Permission

_TAGS = ["users"]

PageSize = Annotated[int, QueryParameter(ge=SMALLEST_PAGE, le=LARGEST_PAGE)]


@get("/api/users", tags=_TAGS)
async def list_users(
    request: Request[Any, Any, Any],
    me: SignedIn,
    search: FromQuery[str | None] = None,
    team_id: FromQuery[UUID | None] = None,
    role_id: FromQuery[UUID | None] = None,
    group_id: FromQuery[UUID | None] = None,
    is_active: FromQuery[bool | None] = None,
    cursor: FromQuery[str | None] = None,
    size: PageSize = 50,
) -> Page[UserOut]:
    """Return the users that one may see, by name, narrowed by the filters."""
    if not may_any(me, Permission.VIEW_USERS, Permission.MANAGE_USERS):
        me.require_at_all(Permission.VIEW_USERS)
    filters = UserFilters(
        search=(search or "").strip() or None,
        team_id=_text(team_id),
        role_id=_text(role_id),
        group_id=_text(group_id),
        is_active=is_active,
    )
    async with database_of(request).reading() as connection:
        return await user_queries.list_users(connection, me, filters, cursor, size)


@post("/api/users", tags=_TAGS)
async def create_user(request: Request[Any, Any, Any], me: SignedIn, data: JSONBody[NewUser]) -> UserOut:
    """Create a user; nobody can give roles that let a person do more than they may themself."""
    me.require_at_all(Permission.MANAGE_USERS)
    hashed = await _hash(data.password) if data.password is not None else None
    return await run(request, lambda tx: user_commands.create_user(tx, me, data, hashed), UserOut)


@get("/api/users/{user_id:uuid}", tags=_TAGS)
async def get_user(request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID]) -> UserOut:
    """Return one user."""
    async with database_of(request).reading() as connection:
        return await user_queries.get_user(connection, me, str(user_id))


@patch("/api/users/{user_id:uuid}", tags=_TAGS)
async def change_user(
    request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID], data: JSONBody[UserChange]
) -> UserOut:
    """Change the given fields, if the user is still as it was seen (``version``)."""
    return await run(request, lambda tx: user_commands.change_user(tx, me, str(user_id), data), UserOut)


@post("/api/users/{user_id:uuid}/deactivate", status_code=200, tags=_TAGS)
async def deactivate_user(request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID]) -> UserOut:
    """Sign a user out everywhere and let them in no more; what they did stays."""
    return await run(request, lambda tx: user_commands.deactivate_user(tx, me, str(user_id)), UserOut)


@post("/api/users/{user_id:uuid}/activate", status_code=200, tags=_TAGS)
async def activate_user(request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID]) -> UserOut:
    """Let a deactivated user in again."""
    return await run(request, lambda tx: user_commands.activate_user(tx, me, str(user_id)), UserOut)


@post("/api/users/{user_id:uuid}/password", status_code=204, tags=_TAGS)
async def set_password(
    request: Request[Any, Any, Any], me: SignedIn, user_id: FromPath[UUID], data: JSONBody[NewPassword]
) -> None:
    """Set a password; one's own with the current one. The user's other sign-ins end."""
    if str(user_id) == me.user_id:
        await _check_current(request, me, data.current_password)
    hashed = await _hash(data.password)
    await run(request, lambda tx: user_commands.set_password(tx, me, str(user_id), data.password, hashed), type(None))


async def _check_current(request: Request[Any, Any, Any], me: SignedIn, password: str) -> None:
    """Raise Invalid unless it is the user's password; attempts count as sign-ins do."""
    database = database_of(request)
    async with database.transaction() as tx:
        user = await tx.session.get_one(UserRow, me.user_id)
        if user.password_hash is None:
            return
        attempt = await begin_attempt(tx, user.email, me.address)
    if not await is_password(user.password_hash, password):
        raise Invalid({"current_password": "This is not your current password."})
    async with database.transaction() as tx:
        await take_back(tx, attempt)


async def _hash(password: str) -> str:
    # What the command will refuse is not worth the work.
    return await hash_password(password) if SHORTEST <= len(password) <= LONGEST else ""


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


HANDLERS = (list_users, create_user, get_user, change_user, deactivate_user, activate_user, set_password)
