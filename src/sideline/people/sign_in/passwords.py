"""Passwords: argon2id, computed in two threads of their own, so that hashing delays no request.

Cost as OWASP's password storage cheat sheet gives for argon2id: 19 MiB, two
passes, one lane; about 30 ms.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from sideline.kit.problems import Problem

MEMORY_KIB = 19 * 1024
PASSES = 2
THREADS = 2
MOST_WAITING = 64
"""More hashing than this at once is refused with 503, not queued."""

T = TypeVar("T")

SHORTEST = 12
LONGEST = 256

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
_waiting = 0

# Of no user: verified where the e-mail is unknown, so that the answer takes as long.
_NOBODYS = _hasher.hash("nobody's password")


async def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``. Raises Problem 503 ``busy``."""
    return await _in_thread(_hasher.hash, password)


async def is_password(stored: str | None, password: str) -> bool:
    """Return whether ``password`` is the one of ``stored``; takes as long where there is none.

    Raises Problem 503 ``busy``.
    """
    matches = await _in_thread(_matches, stored or _NOBODYS, password)
    return matches and stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether ``stored`` was made at another cost than today's."""
    return _hasher.check_needs_rehash(stored)


def password_fault(password: str, *, email: str, name: str) -> str | None:
    """Return the sentence that says why ``password`` can't be accepted, None if it can."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters; a few words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    plain = _plain(password)
    if plain in {_plain(email), _plain(email.partition("@")[0]), _plain(name)}:
        return "A password can't be the person's e-mail address or name."
    if len(set(password)) < 4:
        return "A password needs more than three different characters."
    return None


def _plain(text: str) -> str:
    return "".join(text.casefold().split())


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


async def _in_thread(work: Callable[..., T], *arguments: str) -> T:
    global _waiting
    if _waiting >= MOST_WAITING:
        raise Problem(
            503, "busy", "Too many people are signing in at this moment; try again.", headers={"Retry-After": "2"}
        )
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
    finally:
        _waiting -= 1
