"""The SIP messages that reach a telephone: what its dialogs are called, and what it was asked."""

import re
import threading
from typing import NamedTuple
from urllib.parse import quote

from tests.support.loopback_ear import Datagram


class Dialog(NamedTuple):
    """How SIP names a call of a telephone, from the telephone's side."""

    peer: str
    own_tag: str
    peer_tag: str


class SipDialogs:
    """Reads along: ``requests`` are (moment, method), ``answers`` are (moment, status, method asked for)."""

    def __init__(self) -> None:
        self.requests: list[tuple[float, str]] = []
        self.answers: list[tuple[float, int, str]] = []
        self._dialogs: dict[str, Dialog] = {}
        self._lock = threading.Lock()

    def take(self, datagram: Datagram) -> None:
        """Read one message; called in the ear's thread."""
        text = datagram.payload.decode(errors="replace")
        first, _, rest = text.partition("\r\n")
        call_id = _header(rest, "Call-ID")
        senders, receivers = _header(rest, "From"), _header(rest, "To")
        is_response = first.startswith("SIP/2.0")
        if is_response:
            self.answers.append((datagram.at, int(first.split()[1]), _header(rest, "CSeq").rpartition(" ")[2]))
        elif first:
            self.requests.append((datagram.at, first.split()[0]))
        own, peer = (senders, receivers) if is_response else (receivers, senders)
        own_tag, peer_tag = _tag(own), _tag(peer)
        address = re.search(r"<([^>]+)>", peer)
        if call_id and own_tag and peer_tag and address:
            with self._lock:
                self._dialogs[call_id] = Dialog(address.group(1), own_tag, peer_tag)

    def replaces(self, call_id: str) -> str:
        """Return the address to which another call is referred to take this one's place (RFC 3891)."""
        with self._lock:
            dialog = self._dialogs[call_id]
        value = f"{call_id};to-tag={dialog.peer_tag};from-tag={dialog.own_tag}"
        return f"<{dialog.peer}?Replaces={quote(value, safe='')}>"


def _header(text: str, name: str) -> str:
    match = re.search(rf"(?mi)^{name}\s*:\s*(.*?)\r?$", text)
    return match.group(1) if match else ""


def _tag(value: str) -> str:
    match = re.search(r";\s*tag=([^;\s]+)", value)
    return match.group(1) if match else ""
