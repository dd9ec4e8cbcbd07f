"""Tables of the people slice."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sideline.kit.db import Base, Id

PRESENCES = "'available','on_queue','interacting','wrap_up','not_ready','offline'"


class TeamRow(Base):
    """A team; teams nest."""

    __tablename__ = "teams"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("teams.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    field_versions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """In which version each field changed last, so that a lost update can say what changed."""


class UserRow(Base):
    """A person who can sign in; never deleted, only made inactive."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    team_id: Mapped[str | None] = mapped_column(Id, ForeignKey("teams.id"), index=True)
    time_zone: Mapped[str] = mapped_column(Text, default="UTC")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    field_versions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """In which version each field changed last, so that a lost update can say what changed."""

    __table_args__ = (
        Index("uq_users_email_lower", func.lower(text("email")), unique=True),
        Index("ix_users_name_id", "name", "id"),
    )


class TeamSupervisorRow(Base):
    """A user who answers for a team and everything nested in it."""

    __tablename__ = "team_supervisors"

    team_id: Mapped[str] = mapped_column(Id, ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), primary_key=True, index=True)


class GroupRow(Base):
    """A user group: people picked together for a purpose, across teams."""

    __tablename__ = "groups"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    version: Mapped[int] = mapped_column(default=1)
    field_versions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """In which version each field changed last, so that a lost update can say what changed."""


class GroupMemberRow(Base):
    """A user in a group."""

    __tablename__ = "group_members"

    group_id: Mapped[str] = mapped_column(Id, ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), primary_key=True, index=True)


class RoleRow(Base):
    """A role: a name and grants ``[{permission, scope}]``; shipped ones cannot be changed."""

    __tablename__ = "roles"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    is_shipped: Mapped[bool] = mapped_column(default=False)
    grants: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(default=1)
    field_versions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """In which version each field changed last, so that a lost update can say what changed."""


class UserRoleRow(Base):
    """A role that a user has."""

    __tablename__ = "user_roles"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), primary_key=True)
    role_id: Mapped[str] = mapped_column(Id, ForeignKey("roles.id"), primary_key=True, index=True)


class SignInRow(Base):
    """One browser's sign-in; the cookie holds the token, the row only its SHA-256."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    csrf_token: Mapped[str] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(Text)
    browser: Mapped[str] = mapped_column(Text)


class SignInFailureRow(Base):
    """A failed sign-in, by e-mail address and by network address, for throttling."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_subject_at", "subject", "at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ApiKeyRow(Base):
    """A key with which a program (a dialer) acts as a user."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str] = mapped_column(Text)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PresenceRow(Base):
    """What a user is available for, one row a user."""

    __tablename__ = "presences"
    __table_args__ = (
        CheckConstraint(f"status IN ({PRESENCES})", name="status"),
        Index("ix_presences_status_since", "status", "since"),
    )

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), primary_key=True)
    status: Mapped[str] = mapped_column(Text, default="offline")
    reason: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime]
    idle_since: Mapped[datetime | None]
    """Since when the user is on queue without a call (longest idle is rung first)."""
    resume_status: Mapped[str] = mapped_column(Text, default="")
    """What the user returns to after wrap-up."""
    resume_reason: Mapped[str] = mapped_column(Text, default="")
    wrap_up_until: Mapped[datetime | None] = mapped_column(index=True)
    missed_offers: Mapped[int] = mapped_column(default=0)


class PhoneRow(Base):
    """A device a user can be reached on; exactly one of a user's is selected."""

    __tablename__ = "phones"
    __table_args__ = (
        CheckConstraint("kind IN ('browser','sip','number')", name="kind"),
        Index("uq_phones_user_id_selected", "user_id", unique=True, postgresql_where=text("is_selected")),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(Text, default="")
    """SIP address or number; empty for a browser."""
    auto_answer: Mapped[bool] = mapped_column(default=False)
    is_selected: Mapped[bool] = mapped_column(default=False)


class PolicyRow(Base):
    """A policy that was changed from its default (``policies.py`` has the defaults)."""

    __tablename__ = "policies"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id"))
