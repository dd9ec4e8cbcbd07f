"""ICE servers (STUN, TURN) as an operator writes them in a setting. Pure."""

import re

import msgspec

_SERVER = re.compile(
    r"(?P<scheme>stun|stuns|turn|turns):"
    r"(?:(?P<username>[^:@\s]+):(?P<credential>[^@\s]+)@)?"
    r"(?P<address>[A-Za-z0-9.\-]+(?::\d{1,5})?)(?P<query>\?transport=(?:udp|tcp))?"
)


class IceServer(msgspec.Struct, frozen=True):
    """One server, in the shape of a browser's ``RTCIceServer``."""

    urls: str
    username: str | None = None
    credential: str | None = None


def parse_ice_server(text: str) -> IceServer:
    """Read ``stun:host:port`` or ``turn:user:secret@host:port?transport=udp``.

    Raises ValueError with one sentence for anything else (RFC 7064, RFC 7065;
    the user and secret before ``@`` are Sideline's own notation).
    """
    match = _SERVER.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"'{text}' is not an ICE server: write stun:host:port or turn:user:secret@host:port?transport=udp."
        )
    is_relay = match["scheme"].startswith("turn")
    if is_relay and match["username"] is None:
        raise ValueError(f"The TURN server '{text}' needs a user and a secret: turn:user:secret@host:port.")
    url = f"{match['scheme']}:{match['address']}{match['query'] or ''}"
    return IceServer(url, match["username"], match["credential"])
