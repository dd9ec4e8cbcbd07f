"""Lock the Python requirements: exact versions with hashes, for every platform and Python ≥ 3.11, no addresses."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "requirements"

LOCKS = {"run": (), "dev": ("-c", "run.lock"), "node": ()}
"""Lock: further words. ``dev`` holds everything of ``run`` at the same versions."""


def main() -> int:
    """Write every lock; what is locked already keeps its version unless it no longer fits."""
    for name, words in LOCKS.items():
        command = ("-m", "uv", "pip", "compile", "-q", "--generate-hashes", "--no-header", "--universal")
        options = ("--python-version", "3.11", "--annotation-style", "line", f"{name}.in", "-o", f"{name}.lock")
        subprocess.run([sys.executable, *command, *words, *options], cwd=FOLDER, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
