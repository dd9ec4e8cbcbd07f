"""The locks: exact, with hashes, without addresses, and consistent with each other and with the package."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"


def pins(name: str) -> set[str]:
    """Return the versions that the lock ``name`` pins."""
    return set(re.findall(r"^[\w.-]+==[^\s;]+", (FOLDER / f"{name}.lock").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["run", "dev", "node"])
def test_every_requirement_is_exact_and_has_a_hash(name: str) -> None:
    entries = (FOLDER / f"{name}.lock").read_text().replace("\\\n", " ").splitlines()
    entries = [entry for entry in entries if entry.strip() and not entry.lstrip().startswith("#")]

    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


@pytest.mark.parametrize("path", ["requirements/run.lock", "requirements/dev.lock", "web/package-lock.json"])
def test_a_lock_names_no_address_of_a_package_index(path: str) -> None:
    text = (ROOT / path).read_text()

    assert not re.search(r"--(extra-)?index-url|--find-links|\"resolved\":|file://", text)


def test_the_developers_lock_holds_everything_of_the_other_at_the_same_version() -> None:
    assert pins("run") <= pins("dev")


def test_the_lock_is_made_from_what_the_package_requires() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert sorted((FOLDER / "run.in").read_text().split("\n")) == sorted(["", *project["dependencies"]])
