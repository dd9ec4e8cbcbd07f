"""Sign in and out.

Signing in takes two short transactions with the hashing between them, so that
no connection waits for argon2: the first counts the attempt, the second opens
the sign-in.
"""

from sqlalchemy import func, select

from sideline.kit.db import Database, Tx
from sideline.kit.edge import transact
from sideline.kit.problems import Problem
from sideline.people.identity import SignedIn
from sideline.people.models import SignInRow, UserRow
from sideline.people.sign_in.authentication import token_hash
from sideline.people.sign_in.passwords import LONGEST, hash_password, is_outdated, is_password
from sideline.people.sign_in.sign_ins import EndReason, OpenedSignIn, end_all_sign_ins, end_sign_in, open_sign_in
from sideline.people.sign_in.throttle import begin_attempt, take_back


async def sign_in(
    database: Database, email: str, password: str, *, address: str, browser: str, former_token: str | None
) -> OpenedSignIn:
    """Check the password and open a sign-in; the browser's former one ends.

    Raises Problem 401 ``sign_in_failed``, 403 ``deactivated``, 429
    ``too_many_attempts``.
    """
    email = email.strip()
    async with database.transaction() as tx:
        attempt = await begin_attempt(tx, email, address)
        user = (await tx.session.execute(select(UserRow).where(func.lower(UserRow.email) == email.lower()))).scalar()
    stored = user.password_hash if user is not None else None
    is_right = await is_password(stored, password[: LONGEST + 1])
    if user is None or stored is None or not is_right:
        raise Problem(401, "sign_in_failed", "The e-mail address or the password is wrong; check both.")
    fresh_hash = await hash_password(password) if is_outdated(stored) else None
    user_id = user.id

    async def open_it(tx: Tx) -> OpenedSignIn:
        row = await tx.session.get_one(UserRow, user_id, with_for_update={"key_share": True})
        if not row.is_active:
            raise Problem(403, "deactivated", "Your user was deactivated; ask an administrator to activate it again.")
        if row.password_hash != stored:
            raise Problem(401, "sign_in_failed", "The password was changed just now; sign in with the new one.")
        if fresh_hash is not None:
            row.password_hash = fresh_hash
        await take_back(tx, attempt)
        # The new one first: whoever ends their last sign-in is taken off their call.
        opened = await open_sign_in(tx, row.id, address=address, browser=browser)
        await _end_former(tx, former_token)
        return opened

    return await transact(database, open_it)


async def sign_out(tx: Tx, me: SignedIn) -> None:
    """End this sign-in."""
    if me.sign_in_id is None:
        raise Problem(409, "no_sign_in", "An API key has no sign-in to end; delete the key instead.")
    await end_sign_in(tx, me.user_id, me.sign_in_id, EndReason.SIGNED_OUT)


async def sign_out_everywhere(tx: Tx, me: SignedIn) -> None:
    """End every sign-in of this user, this one too."""
    await end_all_sign_ins(tx, me.user_id, EndReason.SIGNED_OUT_EVERYWHERE)


async def _end_former(tx: Tx, former_token: str | None) -> None:
    if former_token is None:
        return
    former = await tx.session.scalar(select(SignInRow).where(SignInRow.token_hash == token_hash(former_token)))
    if former is not None:
        await end_sign_in(tx, former.user_id, former.id, EndReason.SIGNED_IN_AGAIN)
