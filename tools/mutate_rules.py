"""Change the rules in every small way and see whether their tests notice.

    python tools/mutate_rules.py [--jobs N] [module …]

For each mutation of each module in ``src/sideline/rules`` a forked process
imports the changed module and runs ``tests/rules`` up to the first failure.
A mutant that no test fails for has survived: it is listed, and the exit
status is 1, unless ``tools/accepted_mutants.toml`` says why it is no defect.
An entry there that no mutant needs is listed too.
"""

import argparse
import ast
import contextlib
import importlib.abc
import importlib.util
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import hypothesis.stateful  # noqa: F401 - imported once here, so that no fork has to
import msgspec  # noqa: F401
import pytest
from mutations import Mutation, Mutator

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "src" / "sideline" / "rules"
TESTS = ROOT / "tests" / "rules"
ACCEPTED = Path(__file__).with_name("accepted_mutants.toml")
GROUPS = ["MAIN", "CONSULT", "HOLD", "QUEUE"]
LAST = ("test_audibility_properties.py", "test_call_machine.py")
"""The slow tests run when the tables have found nothing."""
PLUGINS = ("-p", "pytest_timeout", "-p", "_hypothesis_pytestplugin")
"""What these tests need of pytest's plugins; loading all that are installed takes longer than most mutants live."""


class Mutant(NamedTuple):
    """One mutation of one module, found again by its number."""

    module: str
    number: int
    line: int
    source: str
    what: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}  {self.what}\n        in: {self.source}"


def enumerations() -> dict[str, list[str]]:
    """Return the members of every enumeration that the rules define."""
    found: dict[str, list[str]] = {}
    for path in sorted(RULES.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "StrEnum" for base in node.bases):
                found[node.name] = [each.targets[0].id for each in node.body if isinstance(each, ast.Assign)]  # type: ignore[union-attr]
    return found


def mutations_of(tree: ast.Module) -> Iterator[Mutation]:
    """Return the mutations of a parsed rules module."""
    return Mutator(tree, enumerations(), GROUPS).mutations()


def mutants_of(module: str) -> list[Mutant]:
    """Return every mutant of a module."""
    text = (RULES / f"{module}.py").read_text()
    lines = text.splitlines()
    return [
        Mutant(module, number, each.line, lines[each.line - 1].strip(), each.what)
        for number, each in enumerate(mutations_of(ast.parse(text)))
    ]


def compiled(mutant: Mutant) -> CodeType:
    """Return the code of the module with the mutation made."""
    path = RULES / f"{mutant.module}.py"
    tree = ast.parse(path.read_text())
    for number, each in enumerate(mutations_of(tree)):
        if number == mutant.number:
            each.apply()
            break
    return compile(ast.fix_missing_locations(tree), str(path), "exec")


class MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = f"sideline.rules.{mutant.module}"
        self._code = compiled(mutant)

    def find_spec(self, fullname, path=None, target=None):  # noqa: D102
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def exec_module(self, module) -> None:  # noqa: D102
        exec(self._code, module.__dict__)


def run_tests(mutant: Mutant | None) -> int:
    """Run the tests against a mutant (or the rules as they are); return pytest's exit status."""
    if mutant is not None:
        try:
            sys.meta_path.insert(0, MutantFinder(mutant))
        except (SyntaxError, ValueError):
            return 1
    files = sorted(TESTS.glob("test_*.py"), key=lambda path: (path.name in LAST, not _names(path, mutant), path.name))
    options = ["-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", f"--confcutdir={TESTS}"]
    options += ["--timeout=60", "--hypothesis-profile=mutants"]
    return int(pytest.main([*options, *PLUGINS, *map(str, files)]))


def _names(test: Path, mutant: Mutant | None) -> bool:
    return mutant is not None and f"rules.{mutant.module} import" in test.read_text()


def forked(mutant: Mutant | None) -> int:
    """Start the tests in a child process and return its pid."""
    pid = os.fork()
    if pid:
        return pid
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    status = 3
    with contextlib.suppress(BaseException):
        status = run_tests(mutant)
    os._exit(status)


def survivors(mutants: Sequence[Mutant], jobs: int) -> list[Mutant]:
    """Run all mutants, ``jobs`` at a time; return those that no test failed for."""
    running: dict[int, Mutant] = {}
    found: list[Mutant] = []
    to_run = list(reversed(mutants))
    while to_run or running:
        while to_run and len(running) < jobs:
            mutant = to_run.pop()
            running[forked(mutant)] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        if os.waitstatus_to_exitcode(status) == 0:
            found.append(mutant)
            print(f"survived  {mutant}", flush=True)
        done = len(mutants) - len(to_run) - len(running)
        if done % 100 == 0:
            print(f"{done} of {len(mutants)}", flush=True)
    return found


def accepted() -> dict[tuple[str, str, str], str]:
    """Return the reasons of accepted survivors by module, source line and change."""
    entries = tomllib.loads(ACCEPTED.read_text())["mutant"] if ACCEPTED.exists() else []
    return {(each["module"], each["source"], each["what"]): each["why"] for each in entries}


def main() -> int:
    """Run what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help="names in src/sideline/rules, without .py (default: all)")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    arguments = parser.parse_args()
    modules = arguments.modules or sorted(path.stem for path in RULES.glob("*.py") if path.stem != "__init__")
    mutants = [mutant for module in modules for mutant in mutants_of(module)]
    if arguments.list:
        print(*mutants, sep="\n")
        return 0

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    os.chdir(ROOT)
    began = time.monotonic()
    _, status = os.waitpid(forked(None), 0)
    if status:
        print("The tests of the rules fail as they are; nothing was changed. Run them first: pytest tests/rules")
        return 2
    survived = survivors(mutants, arguments.jobs)

    reasons = accepted()
    defects = [each for each in survived if (each.module, each.source, each.what) not in reasons]
    alive = {(each.module, each.source, each.what) for each in survived}
    stale = [key for key in reasons if key[0] in modules and key not in alive]
    made, left = Counter(each.module for each in mutants), Counter(each.module for each in survived)
    for module in modules:
        print(
            f"{module:20} {made[module]:5} mutants  {made[module] - left[module]:5} killed  {left[module]:3} survived"
        )
    seconds = time.monotonic() - began
    print(f"{len(mutants)} mutants, {len(survived)} survived, {len(defects)} not accepted, {seconds:.0f} s")
    for each in defects:
        print(f"  {each}")
    for module, source, what in stale:
        print(f"  accepted, but it does not survive (any more): take it out  {module}  {what}\n        in: {source}")
    return 1 if defects or stale else 0


if __name__ == "__main__":
    sys.exit(main())
