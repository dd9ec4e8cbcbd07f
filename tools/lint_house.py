"""House rules that no off-the-shelf linter knows; each finding says what to do instead.

Run by ``make check``. A rule is a function from one file to findings. Where time
itself is the subject (a protocol that wants the wall clock, a test that records
half a second of sound), a comment on the line, ``# house: <reason>``, lets
:func:`sleeps` and :func:`wall_clocks` pass.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOST_LINES = 400

PLAIN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "base"}
PLAIN_ENDINGS = ("Service", "Manager", "Helper")

WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
CLOCK = "src/sideline/kit/clock.py"

CODE = {".py", ".ts", ".tsx", ".css", ".mjs"}
GENERATED = re.compile(r"\.gen\.|/web_dist/|/migrations/versions/")
"""Written by a tool, or (a migration) never edited again."""

_REASON = re.compile(r"#\s*house:\s*\S+(\s+\S+){2,}")


@dataclass(frozen=True)
class Finding:
    """What is against a rule, where, and what to do about it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Source:
    """One file of ours; ``path`` is relative to the checkout, with slashes."""

    path: str
    text: str

    @property
    def is_python(self) -> bool:
        """Whether it is Python."""
        return self.path.endswith(".py")

    def has_reason(self, line: int) -> bool:
        """Whether ``line`` (from 1) gives a reason for what it does."""
        return _REASON.search(self.text.splitlines()[line - 1]) is not None

    def tree(self) -> ast.Module:
        """Return its syntax tree."""
        return ast.parse(self.text)


def long_files(source: Source) -> Iterator[Finding]:
    """A file one reads in a sitting."""
    count = len(source.text.splitlines())
    if count > MOST_LINES:
        yield Finding(
            source.path,
            MOST_LINES + 1,
            f"{count} lines; at most {MOST_LINES}. Split it by verb or noun: move one command, query or concept, with "
            "what only it needs, to a file named after it.",
        )


def plain_names(source: Source) -> Iterator[Finding]:
    """Names that say what a thing is about."""
    path = PurePosixPath(source.path)
    for part in (*path.parts[:-1], path.stem):
        if part.lower() in PLAIN_NAMES:
            yield Finding(
                source.path,
                1,
                f"'{part}' names no subject. Call it after what it holds (money, paging, slots); if it holds several "
                "things, it is several files.",
            )
    if not source.is_python:
        return
    for node in ast.walk(source.tree()):
        if isinstance(node, ast.ClassDef) and node.name.endswith(PLAIN_ENDINGS):
            yield Finding(
                source.path,
                node.lineno,
                f"class {node.name}: such a name attracts everything. Write one function per verb in commands.py, or "
                "name the thing after its noun in docs/glossary.",
            )


def sleeps(source: Source) -> Iterator[Finding]:
    """Nothing sleeps to wait."""
    if not source.is_python or not source.path.startswith(("src/", "tests/")):
        return
    for node in ast.walk(source.tree()):
        if not isinstance(node, ast.Call) or _dotted(node.func) not in {"asyncio.sleep", "time.sleep"}:
            continue
        if node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0:
            continue
        if source.has_reason(node.lineno):
            continue
        yield Finding(
            source.path,
            node.lineno,
            "sleeping is guessing how long something takes. Wait for the thing itself (an Event, a Condition, a "
            "future, a readable descriptor) with a timeout; for a pace use loop.call_at or "
            "asyncio.timeout_at around such a wait. Where the time is the subject: # house: <reason>.",
        )


def wall_clocks(source: Source) -> Iterator[Finding]:
    """Time is a parameter."""
    if not source.is_python or not source.path.startswith("src/") or source.path == CLOCK:
        return
    for node in ast.walk(source.tree()):
        if isinstance(node, ast.Attribute) and not source.has_reason(node.lineno):
            name = _dotted(node)
            if name.removeprefix("datetime.") in WALL_CLOCK or name in WALL_CLOCK:
                yield Finding(
                    source.path,
                    node.lineno,
                    f"{name} reads the wall clock. Take the moment as a parameter: a command has tx.now, a process "
                    "has a Clock (kit/clock.py). For durations use time.monotonic or loop.time(). Where a protocol "
                    "asks for it: # house: <reason>.",
                )


def package_docstrings(source: Source) -> Iterator[Finding]:
    """A package says where to start reading."""
    if not source.path.startswith("src/") or not source.path.endswith("/__init__.py"):
        return
    if ast.get_docstring(source.tree()) is None:
        yield Finding(
            source.path,
            1,
            "this package has no docstring. Say in one to five lines what it is for, what it may import and which "
            "file to read first.",
        )


_LATER = re.compile(r"(?:#|//|/\*)\s*(TODO|FIXME|XXX|HACK)\b(?!\s*\(?#\d+)")


def later_notes(source: Source) -> Iterator[Finding]:
    """What is left for later has an issue."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if match := _LATER.search(line):
            yield Finding(
                source.path,
                number,
                f"{match.group(1)} without an issue is forgotten. Do it now, or open an issue and write "
                f"'{match.group(1)} #12: …'.",
            )


RULES: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    long_files,
    plain_names,
    sleeps,
    wall_clocks,
    package_docstrings,
    later_notes,
)


def lint(source: Source) -> list[Finding]:
    """Return what every rule finds in ``source``."""
    if GENERATED.search(source.path):
        return []
    return [finding for rule in RULES for finding in rule(source)]


def packages_without_init(paths: list[str]) -> list[Finding]:
    """Return the folders of ``paths`` with Python files in ``src/sideline`` that are no packages."""
    python = [path for path in paths if path.startswith("src/") and path.endswith(".py")]
    folders = {str(PurePosixPath(path).parent) for path in python if not GENERATED.search(path)}
    return [
        Finding(f"{folder}/__init__.py", 1, "missing: a package says in its docstring what it is for.")
        for folder in sorted(folders)
        if f"{folder}/__init__.py" not in paths
    ]


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def sources(root: Path) -> list[Source]:
    """Return our own files: what git knows or would add."""
    words = ("ls-files", "--cached", "--others", "--exclude-standard", "-z")
    listed = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout
    paths = [path for path in listed.split("\0") if PurePosixPath(path).suffix in CODE and (root / path).is_file()]
    return [Source(path, (root / path).read_text(encoding="utf-8")) for path in sorted(set(paths))]


def main() -> int:
    """Lint the checkout; return 1 when something was found."""
    found = sources(Path(__file__).resolve().parents[1])
    findings = [finding for source in found for finding in lint(source)]
    findings += packages_without_init([source.path for source in found])
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
