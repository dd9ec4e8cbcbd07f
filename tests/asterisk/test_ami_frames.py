"""What is said to AMI and understood of it, without an Asterisk; and the setting that names it."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sideline.entry.voice_asterisk import pbxes_of
from sideline.kit.settings import Settings, SettingsError, load_settings
from sideline.voice.asterisk.ami import AmiAddress, challenge_key, read_ami_address, read_frame, write_frame

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=60).map(str.strip)


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=8))
def test_what_is_written_is_read_again(fields: dict[str, str]) -> None:
    assert dict(read_frame(write_frame(fields)).fields) == fields


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_as_something(data: bytes) -> None:
    for name, value in read_frame(data).fields:
        assert name and "\r\n" not in name + value


@given(NAMES, VALUES, VALUES, st.sampled_from(["\r", "\n", "\r\n", "\r\n\r\nAction: Originate\r\n"]))
def test_no_value_can_smuggle_another_action_in(name: str, before: str, after: str, line_break: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        write_frame({name: before + line_break + after})
    with pytest.raises(ValueError, match="line break"):
        write_frame({name + line_break: before})


def test_the_first_of_several_values_counts_in_whatever_case_its_name_is() -> None:
    frame = read_frame(b"Response: Error\r\nactionid: 7\r\nOutput: a: b\r\nOutput: c\r\nno colon\r\n\r\n")
    assert (frame.value("response"), frame.value("ActionID"), frame.value("Output")) == ("Error", "7", "a: b")
    assert frame.value("Message") == ""


def test_the_password_is_answered_for_and_not_sent() -> None:
    # printf 123456secret | md5sum
    assert challenge_key("123456", "secret") == "992f3c4e7ec9a0e96173284c816612bd"


@given(
    st.from_regex(r"[^\s:@]{1,12}", fullmatch=True),
    st.from_regex(r"\S{1,20}", fullmatch=True),
    st.sampled_from(["127.0.0.1", "pbx.example.com", "[::1]"]),
    st.integers(1, 65535),
)
def test_a_password_may_have_colons_and_at_signs_in_it(user: str, password: str, host: str, port: int) -> None:
    address = read_ami_address(f"{user}:{password}@{host}:{port}")
    assert address == AmiAddress(host.strip("[]"), port, user, password)
    assert address.name == f"AMI at {host}:{port}"


@pytest.mark.parametrize(
    "text",
    ["", "host:5038", "user@host:5038", "user:@host:5038", ":pass@host:5038", "user:pass@host", "user:pass@host:0",
     "user:pass@host:65536", "user:pass@host:x", "user:pass@:5038", "http://user:pass@host:5038/"],
)  # fmt: skip
def test_what_is_no_address_is_said_in_a_sentence_without_the_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"^An AMI address looks like user:password@pbx\.example\.com:5038$"):
        read_ami_address(text)


TWO = "http://a:b@one.example.com:8088/ari http://a:b@two.example.com:8088/ari"


@pytest.mark.parametrize("ami", ["", "u:p@one.example.com:5038", "- u:p@two.example.com:5038", "u:p@one:1 u:p@two:2"])
def test_each_pbx_has_its_ami_or_none(tmp_path: Path, ami: str) -> None:
    assert len(pbxes_of(_settings(tmp_path, TWO, ami), ())) == 2


@pytest.mark.parametrize(
    ("ami", "sentence"),
    [
        ("u:hidden@host", "SIDELINE_ASTERISK_AMI can't be used: An AMI address looks like user:password@.*:5038."),
        ("u:hidden@a:1 - u:hidden@b:2", "SIDELINE_ASTERISK_AMI names more addresses than SIDELINE_ASTERISK: .*"),
    ],
)
def test_an_ami_that_cant_be_used_stops_the_start(tmp_path: Path, ami: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=f"^{sentence}$") as failed:
        pbxes_of(_settings(tmp_path, TWO, ami), ())
    assert "hidden" not in str(failed.value)


@pytest.mark.parametrize("app", ["a,b", "1st", "side.line", "side line", "-x"])
def test_a_name_of_the_application_that_ids_cannot_begin_with_stops_the_start(tmp_path: Path, app: str) -> None:
    with pytest.raises(SettingsError, match=r"^SIDELINE_ASTERISK_APP can't be used: '.*' has to be a letter, and "):
        pbxes_of(msgspec.structs.replace(_settings(tmp_path, TWO, ""), asterisk_app=app), ())


def _settings(var: Path, asterisk: str, ami: str) -> Settings:
    env = {"SIDELINE_VAR": str(var), "SIDELINE_VOICE": "asterisk", "SIDELINE_ASTERISK": asterisk}
    return load_settings(env | {"SIDELINE_ASTERISK_AMI": ami})
