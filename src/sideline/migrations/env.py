"""Alembic's environment: one synchronous run over an asyncpg connection."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from sideline.engagements import models as engagement_models
from sideline.interactions import models as interaction_models
from sideline.kit import models as kit_models
from sideline.kit.db import Base
from sideline.people import models as people_models

TABLES = (kit_models, people_models, interaction_models, engagement_models)


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_type=True, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_migrate() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    engine = create_async_engine(str(url), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(_connect_and_migrate())
