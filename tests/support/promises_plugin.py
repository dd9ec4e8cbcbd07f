"""Writes down which tests carry which promises, and how they ended, for ``make promises``.

``tests/conftest.py`` names it in ``pytest_plugins``. A run of everything writes
``var/promises.json`` anew; a run of some tests renews their entries only.
"""

import json
from pathlib import Path
from typing import Any

import pytest

RECORD = Path(__file__).resolve().parents[2] / "var" / "promises.json"


class PromiseRecord:
    """Outcomes of this run's tests that carry a promise, by test id."""

    def __init__(self, path: Path = RECORD) -> None:
        self._path = path
        self._tests: dict[str, dict[str, Any]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the promises of each test."""
        for item in items:
            ids = [str(word) for marker in item.iter_markers("promise") for word in marker.args]
            if ids:
                self._tests[item.nodeid] = {"promises": ids, "outcome": "not run"}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test ended: the worst of its phases counts."""
        test = self._tests.get(report.nodeid)
        if test is None or test["outcome"] == "failed":
            return
        if report.when == "call" or report.outcome != "passed":
            test["outcome"] = report.outcome

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the record."""
        if session.config.option.collectonly:
            return
        ran = {name: test for name, test in self._tests.items() if test["outcome"] != "not run"}
        known: dict[str, Any] = {}
        if not is_whole(session.config) and self._path.is_file():
            known = json.loads(self._path.read_text())
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(known | ran, indent=1, sort_keys=True) + "\n")


def is_whole(config: pytest.Config) -> bool:
    """Tell whether this run was of every test."""
    narrowed = config.option.keyword or config.option.markexpr or config.getoption("lf", False)
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS and not narrowed


def pytest_configure(config: pytest.Config) -> None:
    """Record this run."""
    config.pluginmanager.register(PromiseRecord(), "sideline-promises")
