"""Every promise with the tests that prove it, from docs/reference/promises.md and the last runs of the tests.

Fails for a promise that is called done and has no test that passed, or one that
failed, and for a marker that names no promise.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "reference" / "promises.md"
RECORD = ROOT / "var" / "promises.json"

COLUMNS = ["id", "promise", "state"]


@dataclass
class Promise:
    """One row of the table, and the outcomes of its tests by their ids."""

    id: str
    text: str
    state: str
    tests: dict[str, str] = field(default_factory=dict)

    @property
    def fault(self) -> str | None:
        """What is wrong with it, if anything."""
        failed = [name for name, outcome in self.tests.items() if outcome == "failed"]
        if failed:
            return f"{len(failed)} of its tests failed"
        if self.state == "done" and "passed" not in self.tests.values():
            return "is called done, but no test with its marker has passed"
        return None


def read_table(text: str) -> list[Promise]:
    """Return the rows of every table in ``text`` that has the columns ``COLUMNS``. Raises ``ValueError`` for a twin."""
    promises: dict[str, Promise] = {}
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.lstrip().startswith("|") else []
        if [cell.lower() for cell in cells] == COLUMNS:
            inside = True
        elif not cells:
            inside = False
        elif inside and len(cells) == len(COLUMNS) and set(cells[0]) - set("-: "):
            if cells[0] in promises:
                raise ValueError(f"{cells[0]} stands twice in the table of promises")
            promises[cells[0]] = Promise(cells[0], cells[1], cells[2].lower())
    return list(promises.values())


def prove(promises: Sequence[Promise], record: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Give each promise its tests of ``record``; return what is wrong with the markers."""
    by_id = {promise.id: promise for promise in promises}
    faults: list[str] = []
    for name, test in sorted(record.items()):
        marked = test["promises"]
        assert isinstance(marked, list)
        for promise_id in marked:
            if promise_id in by_id:
                by_id[promise_id].tests[name] = str(test["outcome"])
            else:
                faults.append(f"{name} is marked with {promise_id}, which is no promise")
    return faults


def report(promises: Sequence[Promise]) -> list[str]:
    """Return the lines that show every promise."""
    marks = {"passed": "✓", "failed": "✗"}
    lines: list[str] = []
    for promise in promises:
        mark = "✗" if promise.fault else "✓" if promise.state == "done" else "–"
        lines.append(f"{mark} {promise.id:<4} {promise.state:<8} {promise.text}")
        lines += [f"       {marks.get(outcome, '–')} {name}" for name, outcome in promise.tests.items()]
        if promise.fault:
            lines.append(f"       {promise.id} {promise.fault}")
    return lines


def main() -> int:
    """Print the report; return 1 when something is wrong."""
    if not RECORD.is_file():
        print("✗ No record of a test run: run 'make test' first.")
        return 1
    promises = read_table(TABLE.read_text(encoding="utf-8"))
    faults = prove(promises, json.loads(RECORD.read_text()))
    for line in report(promises):
        print(line)
    faults += [f"{promise.id} {promise.fault}" for promise in promises if promise.fault]
    done = [promise for promise in promises if promise.state == "done"]
    kept = [promise for promise in done if promise.fault is None]
    print(f"\n{len(kept)} of {len(done)} promises that are called done are proven; {len(promises)} in all.")
    for fault in faults:
        print(f"✗ {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
