"""SIP addresses as far as anything here must read them."""

import re

_PLAIN = re.compile(r"[A-Za-z0-9._+-]+")


def user_part(address: str) -> str:
    """Return 1001 of ``sip:1001@pbx.example.com``; empty if that is none, or more than the name of an endpoint."""
    user = address.partition(":")[2] if address.lower().startswith(("sip:", "sips:")) else address
    user = user.partition("@")[0].strip()
    return user if _PLAIN.fullmatch(user) else ""


def trunk_endpoint(dialled: str) -> str:
    """Return trunk, in lower case, of ``PJSIP/{number}@trunk`` or ``PJSIP/trunk/sip:{number}@host``.

    Empty where it names no endpoint: nothing at all, a context of the dialplan, or a line by its number.
    """
    technology, _, rest = dialled.strip().partition("/")
    if technology.upper() not in _WITH_ENDPOINTS:
        return ""
    endpoint = rest.partition("/")[0].rpartition("@")[2].partition(":")[0].lower()
    return "" if "{number}" in endpoint else endpoint


_WITH_ENDPOINTS = ("PJSIP", "SIP", "IAX2")
"""Drivers whose channels have the name of an endpoint: ``PJSIP/trunk-0000002a``."""
