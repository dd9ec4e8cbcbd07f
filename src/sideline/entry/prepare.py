"""Bring the database up to date: reach it, migrate it, seed the demo organisation.

``sideline run`` runs this as a process of its own, which prints one line of
JSON, a :class:`Prepared`.
"""

import asyncio
import sys

import msgspec

from sideline.kit.postgres_binaries import OLDEST_MAJOR
from sideline.kit.settings import Settings

REACH_SECONDS = 15


class Prepared(msgspec.Struct, frozen=True):
    """What became of it, for the person at the terminal."""

    sign_ins: tuple[tuple[str, str, str], ...] = ()
    """Who it is, user name, password: of the demo organisation."""
    customer_page: str = ""
    """Path of the page on which a customer calls."""
    fault: str = ""
    """Why the data is not ready: one sentence. Empty: it is."""


def main(settings: Settings) -> int:
    """Prepare the database of ``settings``, print a :class:`Prepared`; return the exit status."""
    prepared = prepare(settings)
    sys.stdout.write(msgspec.json.encode(prepared).decode() + "\n")
    sys.stdout.flush()
    return 1 if prepared.fault else 0


def prepare(settings: Settings) -> Prepared:
    """Reach, migrate and (with ``settings.demo``) seed the database."""
    if fault := asyncio.run(reach(settings.database_url)):
        return Prepared(fault=fault)
    from sideline.kit.db import migrate
    from sideline.people.shipped_role_rows import write_shipped_roles

    migrate(settings.database_url)
    write_shipped_roles(settings.database_url)
    if not settings.demo:
        return Prepared()
    from sideline.entry.seed import seed_demo

    seeded = asyncio.run(seed_demo(settings.database_url))
    from sideline.entry.former_pbxes import end_former_calls

    asyncio.run(end_former_calls(settings))
    if settings.demo_on_pbx:
        from sideline.entry.seed_telephones import seed_telephones

        asyncio.run(seed_telephones(settings.database_url))
    return Prepared(sign_ins=seeded.sign_ins, customer_page=seeded.customer_page)


async def reach(url: str) -> str:
    """Connect to ``url`` once; return what is wrong with it in one sentence, or nothing."""
    import asyncpg

    from sideline.kit.db import asyncpg_url

    try:
        connection = await asyncpg.connect(asyncpg_url(url), timeout=REACH_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        reason = str(error).strip() or type(error).__name__
        return f"The database of SIDELINE_DATABASE_URL cannot be reached ({reason}): check the address and the server."
    try:
        major = connection.get_server_version().major
    finally:
        await connection.close()
    if major < OLDEST_MAJOR:
        return f"The server of SIDELINE_DATABASE_URL is PostgreSQL {major}; Sideline needs {OLDEST_MAJOR} or newer."
    return ""
