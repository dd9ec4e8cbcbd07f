"""Offers that no leg can be made of are refused with one clear sentence."""

import re

import pytest

from sideline.voice.engine import LegRefused
from sideline.voice.webrtc.offer import read_offer

FINGERPRINT = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)


def line(mid: int, direction: str, *extra: str, kind: str = "audio", without: str = "") -> str:
    """Return one media line as Chromium writes it."""
    lines = [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF 111 0",
        "c=IN IP4 0.0.0.0",
        "a=candidate:1 1 udp 2122194687 192.0.2.7 50000 typ host generation 0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        FINGERPRINT,
        "a=setup:actpass",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:0 PCMU/8000",
        *extra,
    ]
    return "\r\n".join(text for text in lines if not (without and text.startswith(without))) + "\r\n"


def offer(*lines: str, bundle: str | None = None) -> str:
    mids = " ".join(re.findall(r"a=mid:(\S+)", "".join(lines)))
    head = f"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids if bundle is None else bundle}\r\n"
    return head + "".join(lines)


def five(first: str = "sendrecv", *extra: str, without: str = "") -> str:
    lines = [line(0, first, *extra, without=without), *(line(n, "recvonly", without=without) for n in range(1, 5))]
    return offer(*lines)


def test_a_browsers_offer_is_read() -> None:
    read = read_offer(five())
    assert read.microphone == "0"
    assert read.slots == ("1", "2", "3", "4")


def test_a_browser_without_microphone_is_read_whether_it_offers_four_lines_or_five() -> None:
    assert read_offer(five("recvonly")).microphone is None
    assert read_offer(five("recvonly")).slots == ("1", "2", "3", "4")
    assert read_offer(offer(*(line(n, "recvonly") for n in range(4)))).slots == ("0", "1", "2", "3")


def test_hidden_addresses_and_the_end_of_candidates_are_left_out() -> None:
    text = five(
        "sendrecv",
        "a=candidate:9 1 udp 2122194687 5e1f6c3e-aaaa-bbbb-cccc-0123456789ab.local 50001 typ host generation 0",
        "a=end-of-candidates",
    )
    cleaned = read_offer(text).sdp
    assert ".local" not in cleaned
    assert "end-of-candidates" not in cleaned
    assert "192.0.2.7" in cleaned


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not SDP"),
        ("hello", "not SDP"),
        ("v=0\r\n", "no audio"),
        ("v=0\r\nm=audio\r\n", "cannot be read"),
        ("v=0\r\n" + "a=fingerprint:\r\n", "cannot be read"),
        ("v=0\r\n" + "\0" * 100, "no audio"),
        ("v=0\r\n" + "x" * 70_000, "at most 64000"),
        (five("sendrecv", "a=rtpmap:abc"), "cannot be read"),
        (five("sendrecv", "a=candidate:1 1 udp"), "cannot be read"),
        (offer(*(line(n, "recvonly", kind="video") for n in range(5))), "no audio"),
        (offer(line(0, "sendrecv"), line(1, "sendrecv", kind="video")), "a line of video"),
        (offer(line(0, "sendrecv")), "0 receive-only audio lines"),
        (offer(line(0, "sendrecv"), *(line(n, "recvonly") for n in range(1, 4))), "3 receive-only audio lines"),
        (offer(*(line(n, "sendrecv") for n in range(5))), "one microphone"),
        (offer(*(line(n, "recvonly") for n in range(13))), "13 media lines"),
        (five(without="a=rtpmap:111"), "without Opus"),
        (five(without="a=fingerprint"), "no DTLS fingerprint"),
        (five(without="a=setup"), "no DTLS fingerprint"),
        (five().replace("sha-256", "md5"), "no DTLS fingerprint"),
        (five(without="a=ice-pwd"), "no ICE"),
        (five(without="a=ice-ufrag"), "no ICE"),
        (five(without="a=rtcp-mux"), "rtcp-mux"),
        (five(without="a=mid"), "bundle"),
        (offer(*(line(n, "recvonly") for n in range(5)), bundle="0"), "bundle"),
        (five("sendrecv", *["a=candidate:1 1 udp 1 192.0.2.7 50000 typ host"] * 300), "network addresses"),
    ],
)
def test_a_malformed_or_foreign_offer_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(LegRefused, match=re.escape(sentence)) as refusal:
        read_offer(text)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_offer_is_read_or_refused_but_never_breaks(seed: int) -> None:
    from random import Random

    random = Random(seed)
    text = list(five())
    for _ in range(random.randint(1, 60)):
        at = random.randrange(len(text))
        text[at] = random.choice(["", "0", ":", " ", "\r\n", "é", text[at] * 3])
    try:
        read_offer("".join(text))
    except LegRefused as refusal:
        assert str(refusal)
