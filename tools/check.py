"""Everything that can be checked without running the product; ``make check``.

``--write-types`` writes the API description and the web app's types from the
server; ``--format`` writes the format.
"""

import importlib.util
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
OPENAPI = WEB / "openapi.json"

PYTHON_FOLDERS = tuple(name for name in ("src", "tests", "tools", "bench") if (ROOT / name).is_dir())

ENV = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])}


def main(words: Sequence[str]) -> int:
    """Run every check (or what ``words`` ask for); return 1 when one failed."""
    if "--format" in words:
        return _call(("ruff", "format", *PYTHON_FOLDERS)).returncode
    if "--write-types" in words:
        said = _call((sys.executable, "-m", "sideline.entry.openapi"))
        if said.returncode != 0:
            sys.stdout.write(said.stderr.decode(errors="replace"))
            return 1
        OPENAPI.write_bytes(said.stdout)
        return _call((*_npm(), "run", "types"), WEB, show=True).returncode
    failed = [title for title, command, folder in _checks() if not _passes(title, command, folder)]
    if not _described():
        failed.append("API description")
    if failed:
        print(f"✗ {len(failed)} of the checks failed: {', '.join(failed)}")
    return 1 if failed else 0


def _checks() -> list[tuple[str, tuple[str, ...], Path]]:
    found = [
        ("ruff", ("ruff", "check", *PYTHON_FOLDERS), ROOT),
        ("format", ("ruff", "format", "--check", *PYTHON_FOLDERS), ROOT),
        ("house rules", (sys.executable, "tools/lint_house.py"), ROOT),
        ("import directions", ("lint-imports",), ROOT),
        ("pyright", ("pyright",), ROOT),
    ]
    npm = _npm()
    if npm:
        found += [
            (f"web {name}", (*npm, "run", "--silent", name), WEB) for name in ("typecheck", "lint", "types:check")
        ]
    return found


def _described() -> bool:
    """Tell whether web/openapi.json is what the server says of itself."""
    if importlib.util.find_spec("sideline.entry.openapi") is None:
        return True
    said = _call((sys.executable, "-m", "sideline.entry.openapi"))
    if said.returncode == 0 and said.stdout == OPENAPI.read_bytes():
        print("✓ API description", flush=True)
        return True
    sys.stdout.write(said.stderr.decode(errors="replace"))
    print("✗ API description: web/openapi.json is not what the server says: run 'make types' and commit both files")
    return False


def _passes(title: str, command: Sequence[str], folder: Path) -> bool:
    began = time.monotonic()
    done = _call(command, folder)
    passed = done.returncode == 0
    if not passed:
        sys.stdout.write((done.stdout + done.stderr).decode(errors="replace"))
    print(f"{'✓' if passed else '✗'} {title} ({time.monotonic() - began:.0f} s)", flush=True)
    return passed


def _npm() -> tuple[str, ...]:
    return tuple(shlex.split(os.environ.get("SIDELINE_NPM", "")))


def _call(command: Sequence[str], folder: Path = ROOT, *, show: bool = False) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=folder, env=ENV, capture_output=not show, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
