"""Sign-ins as rows: opened with a fresh token each time, ended for a reason that is told."""

import secrets
from enum import StrEnum

import msgspec
from sqlalchemy import delete, select

from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.people import presence_commands
from sideline.people.events import SignInEnded
from sideline.people.messages import SignedOut
from sideline.people.models import SignInRow
from sideline.people.sign_in.authentication import token_hash
from sideline.people.sign_in.who import LONGEST, is_running

LONGEST_BROWSER = 300


class EndReason(StrEnum):
    """Why a sign-in ended."""

    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    SIGNED_IN_AGAIN = "signed_in_again"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    DEACTIVATED = "deactivated"
    EXPIRED = "expired"


class OpenedSignIn(msgspec.Struct, frozen=True):
    """A sign-in just opened; ``token`` is known here and in the browser only."""

    id: str
    token: str
    csrf_token: str


async def open_sign_in(tx: Tx, user_id: str, *, address: str, browser: str) -> OpenedSignIn:
    """Open a sign-in with a new random token, and make the user available."""
    opened = OpenedSignIn(id=new_id(), token=secrets.token_urlsafe(32), csrf_token=secrets.token_urlsafe(32))
    tx.session.add(
        SignInRow(
            id=opened.id,
            token_hash=token_hash(opened.token),
            csrf_token=opened.csrf_token,
            user_id=user_id,
            created_at=tx.now,
            last_seen_at=tx.now,
            expires_at=tx.now + LONGEST,
            address=address,
            browser=browser[:LONGEST_BROWSER],
        )
    )
    await presence_commands.signed_in(tx, user_id)
    return opened


async def end_sign_in(tx: Tx, user_id: str, sign_in_id: str, reason: EndReason) -> None:
    """End one sign-in; with the last one the user is offline. Ending it twice changes nothing."""
    # The presence row is the lock: of two browsers that sign out at once, one is last.
    await presence_commands.presence_of(tx, user_id)
    ended = await tx.session.execute(
        delete(SignInRow).where(SignInRow.id == sign_in_id, SignInRow.user_id == user_id).returning(SignInRow.id)
    )
    if ended.scalar_one_or_none() is None:
        return
    tx.record(SignInEnded(user_id=user_id, sign_in_id=sign_in_id, reason=reason))
    await _offline_without_sign_in(tx, user_id)


async def end_all_sign_ins(tx: Tx, user_id: str, reason: EndReason, *, but: str | None = None) -> None:
    """End every sign-in of the user, except the one with id ``but``."""
    await presence_commands.presence_of(tx, user_id)
    ending = delete(SignInRow).where(SignInRow.user_id == user_id)
    if but is not None:
        ending = ending.where(SignInRow.id != but)
    ended = (await tx.session.execute(ending.returning(SignInRow.id))).scalars().all()
    if but is None:
        tx.record(SignInEnded(user_id=user_id, sign_in_id=None, reason=reason))
    else:
        for sign_in_id in ended:
            tx.record(SignInEnded(user_id=user_id, sign_in_id=sign_in_id, reason=reason))
    await _offline_without_sign_in(tx, user_id)


async def _offline_without_sign_in(tx: Tx, user_id: str) -> None:
    running = select(SignInRow.id).where(SignInRow.user_id == user_id, *is_running(tx.now)).limit(1)
    if await tx.session.scalar(running) is not None:
        return
    await presence_commands.signed_out(tx, user_id)
    tx.tell(SignedOut(user_id))
