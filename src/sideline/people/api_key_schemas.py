"""API keys on the wire."""

from datetime import datetime

import msgspec

from sideline.people.user_schemas import Named


class ApiKeyOut(msgspec.Struct, frozen=True, kw_only=True):
    """An API key; the key itself is never shown again."""

    id: str
    name: str
    user: Named
    """As whom a program with this key acts."""
    created_at: datetime
    last_used_at: datetime | None
    """To the minute."""


class MadeApiKey(ApiKeyOut, frozen=True, kw_only=True):
    """An API key just made, with the key itself, this once."""

    key: str


class NewApiKey(msgspec.Struct, forbid_unknown_fields=True):
    """A key to make: for oneself, or for a user whom one manages."""

    name: str
    user_id: str | None = None
