"""The bootstrap of ``make``: one line for what stands in its way, by facts handed in."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from tools.bootstrap import newer_python, too_old
from tools.bootstrap_facts import (
    Facts,
    cause_of,
    fault_of,
    missing_debian_packages,
    node_is_new_enough,
    wants_laboratory,
)
from tools.lab_root import has_asterisk, make_lab_root

WELL = Facts(root=Path("/srv/sideline"), has_venv=True, writable=True, free_megabytes=9000, needed_megabytes=2000)

BOOTSTRAP = Path(__file__).resolve().parents[2] / "tools" / "bootstrap.py"


def test_a_machine_with_everything_has_no_fault() -> None:
    assert fault_of(WELL) is None


def test_a_python_that_is_too_old_is_one_line_with_what_to_install() -> None:
    line = too_old((3, 9, 2))

    assert "needs Python 3.11 or newer and this is Python 3.9" in line
    assert "apt install python3 python3-venv" in line
    assert "\n" not in line


def test_a_newer_python_beside_the_old_one_is_used() -> None:
    assert newer_python({"python3.12": "/usr/bin/python3.12"}.get) == "/usr/bin/python3.12"
    assert newer_python(lambda _name: None) is None


def test_an_old_python_can_read_the_file_that_tells_it_so() -> None:
    ast.parse(BOOTSTRAP.read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(WELL, has_venv=False), "apt install python3-venv"),
        (replace(WELL, free_megabytes=1999), "the disk of /srv/sideline has 1999 MB left"),
        (replace(WELL, writable=False), "/srv/sideline cannot be written"),
    ],
)
def test_what_is_missing_is_one_line_that_says_what_to_do(facts: Facts, words: str) -> None:
    fault = fault_of(facts)

    assert fault is not None
    assert words in fault
    assert "\n" not in fault


def test_nothing_is_asked_of_a_machine_on_which_everything_is_installed() -> None:
    assert fault_of(Facts(Path("/"), has_venv=False, writable=False, free_megabytes=0, needed_megabytes=0)) is None


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("npm ERR! code ENOSPC", "the disk is full"),
        ("NewConnectionError: Temporary failure in name resolution", "cannot be reached"),
        ("npm error code EAI_AGAIN", "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was locked"),
        ("npm error code EINTEGRITY", "not the one that was locked"),
        ("ERROR: No matching distribution found for uvloop==1", "no ready-made build"),
        ("PermissionError: [Errno 13] Permission denied", "may not write there"),
    ],
)
def test_a_download_that_fails_is_told_by_its_cause(words: str, cause: str) -> None:
    assert cause in (cause_of(f"Collecting x\n{words}\nmore") or "")


def test_a_cause_that_is_not_known_is_not_made_up() -> None:
    assert cause_of("SyntaxError: unexpected token") is None


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.4\n", False),
        ("v20.18.1", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("", False),
        ("not node", False),
    ],
)
def test_only_a_node_that_can_build_the_web_app_counts(version: str, enough: bool) -> None:
    assert node_is_new_enough(version) is enough


def test_a_debian_package_is_wanted_when_nothing_it_brings_is_there() -> None:
    wanted = {"chromium": ("chromium", "google-chrome"), "espeak-ng": ("espeak-ng",)}

    assert missing_debian_packages(["google-chrome"], wanted) == ["espeak-ng"]
    assert missing_debian_packages([], wanted) == ["chromium", "espeak-ng"]


def test_an_asterisk_is_there_once_debootstrap_has_put_one_into_the_folder(tmp_path: Path) -> None:
    assert not has_asterisk(tmp_path)
    (tmp_path / "usr" / "sbin").mkdir(parents=True)
    (tmp_path / "usr" / "sbin" / "asterisk").touch()

    assert has_asterisk(tmp_path)


def test_an_asterisk_that_is_there_is_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / ".lab" / "root" / "usr" / "sbin" / "asterisk"
    binary.parent.mkdir(parents=True)
    binary.touch()

    assert make_lab_root(tmp_path, tmp_path / "log")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("env", "brings_one"),
    [
        ({}, False),
        ({"SIDELINE_VOICE": "webrtc"}, False),
        ({"SIDELINE_VOICE": "asterisk"}, True),
        ({"SIDELINE_VOICE": "asterisk", "SIDELINE_ASTERISK": " ", "SIDELINE_DEMO": "yes"}, True),
        ({"SIDELINE_VOICE": "asterisk", "SIDELINE_ASTERISK": "http://me:word@pbx:8088/ari"}, False),
        ({"SIDELINE_VOICE": "asterisk", "SIDELINE_DEMO": "0"}, False),
    ],
)
def test_only_a_demo_on_an_asterisk_that_nobody_names_brings_one(env: dict[str, str], brings_one: bool) -> None:
    assert wants_laboratory(env) is brings_one
