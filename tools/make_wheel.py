"""Build the wheel into ``dist/``, with the web app in it."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into ``folder``; return its path.

    The builder comes from the locked requirements (no isolation, no network).
    Raises ``RuntimeError`` when the web app is not in it.
    """
    if not (ROOT / "src" / "sideline" / "web_dist" / "index.html").is_file():
        raise RuntimeError("The web app is not built, and a wheel without it shows nothing: use 'make wheel'.")
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"The wheel could not be built:\n{done.stdout}{done.stderr}")
    wheel = max(folder.glob("sideline-*.whl"), key=lambda path: path.stat().st_mtime_ns)
    with zipfile.ZipFile(wheel) as archive:
        if "sideline/web_dist/index.html" not in archive.namelist():
            raise RuntimeError(f"{wheel} lacks the web app.")
    return wheel


def main(words: Sequence[str]) -> int:
    """Build it; ``words`` may name the folder."""
    folder = Path(words[0]).resolve() if words else ROOT / "dist"
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    try:
        wheel = build_wheel(folder)
    except RuntimeError as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return 1
    print(f"✓ {wheel} ({wheel.stat().st_size // 1024} kB). Install its requirements with hashes first:")
    print(f"  pip install --require-hashes -r requirements/run.lock && pip install --no-deps {wheel}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
