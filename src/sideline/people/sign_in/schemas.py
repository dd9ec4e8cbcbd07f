"""Signing in, on the wire."""

import msgspec


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """E-mail address and password, as typed."""

    email: str
    password: str


class SignInHint(msgspec.Struct, frozen=True):
    """A sign-in of the demo organisation, offered on the sign-in page."""

    email: str
    password: str
    name: str
    role: str
