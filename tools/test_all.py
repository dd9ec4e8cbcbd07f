"""Run every test: the web app's, then Python's, whose closing line is the last one printed.

With words (``make test T="tests/rules -k hold"``) only pytest runs, with them.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(words: Sequence[str]) -> int:
    """Run the tests; return the exit status."""
    web_passed = True
    npm = os.environ.get("SIDELINE_NPM")
    if not words and npm:
        web_passed = subprocess.run([*shlex.split(npm), "test"], cwd=ROOT / "web", check=False).returncode == 0
        print("✓ The web app's tests" if web_passed else "✗ The web app's tests failed (above)", flush=True)
    status = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, check=False).returncode
    return status if web_passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
