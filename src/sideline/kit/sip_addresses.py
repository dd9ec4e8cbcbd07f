"""SIP addresses as far as anything here must read them."""

import re

_PLAIN = re.compile(r"[A-Za-z0-9._+-]+")


def user_part(address: str) -> str:
    """Return 1001 of ``sip:1001@pbx.example.com``; empty if that is none, or more than the name of an endpoint."""
    user = address.partition(":")[2] if address.lower().startswith(("sip:", "sips:")) else address
    user = user.partition("@")[0].strip()
    return user if _PLAIN.fullmatch(user) else ""
