"""Run the benches: every script of ``bench/``, or those named (``make bench B="fanout board"``)."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(words: Sequence[str]) -> int:
    """Run them one after the other, since each wants the machine for itself; return 1 when one failed."""
    # The other modules there are parts of benches; a bench says how to run it.
    every = sorted(path.stem for path in (ROOT / "bench").glob("[a-z]*.py") if "\nRun: " in path.read_text())
    unknown = [word for word in words if word not in every]
    if unknown:
        print(f"✗ There is no bench {', '.join(unknown)}: choose among {', '.join(every)}.", file=sys.stderr)
        return 1
    failed = []
    for name in words or every:
        print(f"\n── {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"✗ Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
