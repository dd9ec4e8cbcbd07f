"""``make promises``: the table of promises held against the tests that carry them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.promises import Promise, prove, read_table, report

ROOT = Path(__file__).resolve().parents[2]

TABLE = """
# Promises

| id | promise | state |
| --- | --- | --- |
| V1 | Calls are listed | done |
| V2 | Calls are heard | done |
| V3 | Calls are ended | planned |

| word | meaning | not |
| --- | --- | --- |
| leg | connection | channel |
"""


def proven(**outcomes: tuple[str, str]) -> dict[str, Promise]:
    promises = read_table(TABLE)
    record = {name: {"promises": [promise], "outcome": outcome} for name, (promise, outcome) in outcomes.items()}
    assert prove(promises, record) == []
    return {promise.id: promise for promise in promises}


def test_the_tables_with_the_three_columns_are_read_and_no_others() -> None:
    assert [(promise.id, promise.state) for promise in read_table(TABLE)] == [
        ("V1", "done"),
        ("V2", "done"),
        ("V3", "planned"),
    ]


def test_a_promise_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="V1 stands twice"):
        read_table(TABLE + "\n| id | promise | state |\n|---|---|---|\n| V1 | again | done |\n")


def test_done_needs_a_test_that_passed() -> None:
    promises = proven(test_a=("V1", "passed"), test_b=("V2", "skipped"))

    assert promises["V1"].fault is None
    assert promises["V2"].fault == "is called done, but no test with its marker has passed"
    assert promises["V3"].fault is None


def test_one_failed_test_is_enough_to_break_a_promise() -> None:
    promises = proven(test_a=("V1", "passed"), test_b=("V1", "failed"), test_c=("V3", "failed"))

    assert promises["V1"].fault == "1 of its tests failed"
    assert promises["V3"].fault == "1 of its tests failed"


def test_a_marker_that_names_no_promise_is_a_fault() -> None:
    faults = prove(read_table(TABLE), {"test_a": {"promises": ["X9"], "outcome": "passed"}})

    assert faults == ["test_a is marked with X9, which is no promise"]


def test_the_report_shows_each_promise_with_its_tests() -> None:
    promises = proven(test_a=("V1", "passed"))

    assert report(list(promises.values())) == [
        "✓ V1   done     Calls are listed",
        "       ✓ test_a",
        "✗ V2   done     Calls are heard",
        "       V2 is called done, but no test with its marker has passed",
        "– V3   planned  Calls are ended",
    ]


SUITE = """
import pytest

@pytest.mark.promise("V1")
def test_kept(): ...

@pytest.mark.promise("V1", "V2")
def test_broken(): assert False

@pytest.mark.promise("V3")
@pytest.mark.skip
def test_skipped(): ...

@pytest.mark.promise("V4")
def test_breaks_before_it_begins(nothing_of_that_name): ...

def test_of_no_promise(): ...
"""

CONFTEST = """
from pathlib import Path
from tests.support.promises_plugin import PromiseRecord

def pytest_configure(config):
    config.addinivalue_line("markers", "promise(id): the test proves this promise")
    config.pluginmanager.register(PromiseRecord(Path(__file__).with_name("record.json")))
"""


def record_of(folder: Path, *words: str) -> dict[str, str]:
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = .\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_suite.py").write_text(SUITE)
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words)
    subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    record = json.loads((folder / "record.json").read_text())
    return {name.partition("::")[2]: f"{test['outcome']} {' '.join(test['promises'])}" for name, test in record.items()}


def test_a_run_writes_down_how_each_promise_fared(tmp_path: Path) -> None:
    assert record_of(tmp_path) == {
        "test_kept": "passed V1",
        "test_broken": "failed V1 V2",
        "test_skipped": "skipped V3",
        "test_breaks_before_it_begins": "failed V4",
    }


def test_a_narrowed_run_renews_its_own_entries_and_a_whole_one_forgets_the_rest(tmp_path: Path) -> None:
    gone = {"test_old.py::test_gone": {"promises": ["V9"], "outcome": "passed"}}
    (tmp_path / "record.json").write_text(json.dumps(gone))

    assert record_of(tmp_path, "-k", "kept") == {"test_gone": "passed V9", "test_kept": "passed V1"}
    assert "test_gone" not in record_of(tmp_path)
