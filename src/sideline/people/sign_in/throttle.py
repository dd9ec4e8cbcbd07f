"""Throttling of sign-in: each attempt counts before the password is looked at.

So a hundred attempts at once count as a hundred. A good password takes its
own attempt back, and those of its e-mail address; an address that many people
share keeps the attempts of the others.
"""

import math
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, func, select, text

from sideline.kit.db import Tx
from sideline.kit.ids import new_id
from sideline.kit.problems import Problem
from sideline.people.models import SignInFailureRow

WINDOW = timedelta(minutes=15)
MOST_PER_EMAIL = 5
MOST_PER_ADDRESS = 50

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('sign_in_failures'), hashtext(:subject))")


class Attempt(msgspec.Struct, frozen=True):
    """An attempt that counts as failed until it is taken back."""

    by_email_id: str
    by_address_id: str
    email_subject: str


async def begin_attempt(tx: Tx, email: str, address: str) -> Attempt:
    """Count an attempt. Raises Problem 429 ``too_many_attempts`` with Retry-After when there were too many."""
    by_email, by_address = f"email:{email.lower()}", f"address:{address}"
    # Always in this order, so that two attempts can't wait for each other.
    await _check(tx, by_address, MOST_PER_ADDRESS)
    await _check(tx, by_email, MOST_PER_EMAIL)
    attempt = Attempt(new_id(), new_id(), by_email)
    tx.session.add_all(
        [
            SignInFailureRow(id=attempt.by_email_id, subject=by_email, at=tx.now),
            SignInFailureRow(id=attempt.by_address_id, subject=by_address, at=tx.now),
        ]
    )
    return attempt


async def take_back(tx: Tx, attempt: Attempt) -> None:
    """Forget the attempt and all others with its e-mail address: the password was right."""
    await tx.session.execute(
        delete(SignInFailureRow).where(
            (SignInFailureRow.subject == attempt.email_subject) | (SignInFailureRow.id == attempt.by_address_id)
        )
    )


async def forget_old_attempts(tx: Tx) -> None:
    """Drop what no longer counts."""
    await tx.session.execute(delete(SignInFailureRow).where(SignInFailureRow.at <= tx.now - WINDOW))


async def _check(tx: Tx, subject: str, most: int) -> None:
    await tx.session.execute(_LOCK, {"subject": subject})
    counted = (
        select(SignInFailureRow.at)
        .where(SignInFailureRow.subject == subject, SignInFailureRow.at > tx.now - WINDOW)
        .order_by(SignInFailureRow.at.desc())
        .limit(most)
        .subquery()
    )
    count, oldest = (await tx.session.execute(select(func.count(), func.min(counted.c.at)))).one()
    if count >= most:
        raise _too_many(oldest + WINDOW - tx.now, tx.now)


def _too_many(wait: timedelta, now: datetime) -> Problem:
    seconds = max(1, math.ceil(wait.total_seconds()))
    minutes = math.ceil(seconds / 60)
    return Problem(
        429,
        "too_many_attempts",
        f"Too many sign-ins failed; nothing was checked this time. "
        f"Wait {minutes} minute{'s' if minutes != 1 else ''} and try again.",
        params={"retry_after_seconds": str(seconds), "at": (now + wait).isoformat()},
        headers={"Retry-After": str(seconds)},
    )
