"""Gives tests the laboratory's Asterisk, or says in one line of the summary how to get it.

``tests/conftest.py`` names it in ``pytest_plugins``.
"""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("SIDELINE_LAB_ROOT") or Path(__file__).resolve().parents[2] / ".lab" / "root")
"""Where debootstrap put a Debian with Asterisk (``tools/lab_root.py``)."""

_REASON = "no laboratory: "


def missing_for_the_laboratory() -> str | None:
    """Return what stands in the way of a real Asterisk here and how to get it, or ``None``."""
    if os.geteuid() != 0:
        return "it needs root, as do the telephones: run make test as root, on Debian or Ubuntu"
    if not (ROOT / "usr" / "sbin" / "asterisk").exists():
        return f"there is none in {ROOT}: make test as root puts one there, on Debian or Ubuntu"
    if shutil.which("baresip") is None:
        return "the telephones are missing: run make test as root, or apt install baresip-core"
    return None


@pytest.fixture(scope="session")
def asterisk_root() -> Path:
    """The folder to give to :class:`tests.support.asterisk_lab.AsteriskLab`."""
    why = missing_for_the_laboratory()
    if why is not None:
        pytest.skip(_REASON + why)
    return ROOT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was left out, and how to get it."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    count = sum(_REASON in each for each in skipped)
    if count:
        why = missing_for_the_laboratory()
        terminalreporter.write_line(f"– Left out: {count} tests on a real Asterisk, for {why}", yellow=True)
