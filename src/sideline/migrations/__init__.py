"""Migrations: alembic revisions, run by ``sideline run`` and ``sideline migrate``."""
