"""Where a media socket is, and what the channel that it belongs to is asked for with."""

import pytest

from sideline.voice.asterisk.media import connection_id, external_media, media_url


@pytest.mark.parametrize(
    ("ari", "expected"),
    [
        ("http://127.0.0.1:8088/ari", "ws://127.0.0.1:8088/media/7c-1"),
        ("https://pbx.example.com/ari/", "wss://pbx.example.com/media/7c-1"),
        ("http://sideline:a%40b@[::1]:8088/pbx/ari", "ws://[::1]:8088/pbx/media/7c-1"),
    ],
)
def test_the_media_socket_is_beside_ari(ari: str, expected: str) -> None:
    assert media_url(ari, "7c-1") == expected


def test_a_channel_is_asked_for_with_an_id_of_ours_and_plain_samples() -> None:
    asked = external_media("sideline", "sideline.l.7.1")
    assert (asked.method, asked.path) == ("POST", "/channels/externalMedia")
    assert asked.query["channelId"] == "sideline.l.7.1"
    assert asked.query["format"] == "slin16"


@pytest.mark.parametrize("answer", [{}, {"channelvars": None}, {"channelvars": {"MEDIA_WEBSOCKET_CONNECTION_ID": 7}}])
def test_an_answer_without_a_socket_is_told_by_an_empty_id(answer: dict[str, object]) -> None:
    assert connection_id(answer) == ""
    assert connection_id({"channelvars": {"MEDIA_WEBSOCKET_CONNECTION_ID": "7c-1"}}) == "7c-1"
