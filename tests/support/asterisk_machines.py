"""Where a laboratory's Asterisk runs: in a folder with a Debian of its own, or in a container."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple, Protocol

AS_AN_APPLIANCE = ("setpriv", "--pdeathsig", "KILL", "nice", "-n", "-10")
"""How telephones and an Asterisk run beside busy tests: not held up by them, and gone when their process is, also when
that was killed."""


class Place(NamedTuple):
    """A folder as this machine and as the Asterisk sees it."""

    folder: Path
    inside: str


class Machine(Protocol):
    """Something that has Asterisk installed and shares this machine's network."""

    modules: str
    """The folder of Asterisk's modules, as it sees it."""

    def place(self) -> Place:
        """Make a new folder that both can see."""
        ...

    def start(self, *words: str, place: Place, env: Sequence[str] = ()) -> list[str]:
        """Return how to start an Asterisk there, with what ``env`` adds to its environment (``NAME=value``)."""
        ...

    def beside(self, *words: str, place: Place) -> list[str]:
        """Return how to run ``words`` beside the Asterisk that was started."""
        ...

    def end(self, place: Place) -> None:
        """End what still runs in ``place``."""
        ...


class Root:
    """A folder that debootstrap made (``.lab/root``), entered by chroot: as root only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._held: list[IO[str]] = []
        found = next((root / "usr" / "lib").glob("*/asterisk/modules"))
        self.modules = f"/{found.relative_to(root)}"

    def place(self) -> Place:
        """Make a new folder that both can see."""
        above = self.root / "srv" / "laboratories"
        above.mkdir(parents=True, exist_ok=True)
        for folder in above.iterdir():
            _remove_if_left_behind(folder)
        folder = Path(tempfile.mkdtemp(dir=above))
        self._held.append(_hold(folder))
        return Place(folder, f"/{folder.relative_to(self.root)}")

    def start(self, *words: str, place: Place, env: Sequence[str] = ()) -> list[str]:
        """Return how to start an Asterisk there."""
        return [*AS_AN_APPLIANCE, "chroot", str(self.root), "env", *env, *words]

    def beside(self, *words: str, place: Place) -> list[str]:
        """Return how to run ``words`` there."""
        return ["chroot", str(self.root), *words]

    def end(self, place: Place) -> None:
        """Nothing runs there but the process that was started."""


HELD = "held"
"""A file that is locked as long as the process lives for which the folder was made."""


def _hold(folder: Path) -> IO[str]:
    coming = folder / "coming"
    file = coming.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    coming.rename(folder / HELD)
    return file


def _remove_if_left_behind(folder: Path) -> None:
    """Remove what a killed process left."""
    try:
        with (folder / HELD).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass  # Somebody uses it, is about to, or was faster.


class Container:
    """An image made from ``deploy/asterisk/Dockerfile``; not tried yet, see there."""

    def __init__(self, engine: str, image: str, modules: str) -> None:
        self.modules = modules
        self._engine = engine
        self._image = image

    def place(self) -> Place:
        """Make a new folder that both can see."""
        folder = Path(tempfile.mkdtemp(prefix="sideline-lab-"))
        return Place(folder, str(folder))

    def start(self, *words: str, place: Place, env: Sequence[str] = ()) -> list[str]:
        """Return how to start an Asterisk in a new container."""
        more = [part for each in env for part in ("--env", each)]
        shared, user = f"{place.folder}:{place.inside}", f"{os.getuid()}:{os.getgid()}"
        run = ["run", "--rm", "--name", place.folder.name, "--network", "host", "--volume", shared, "--user", user]
        return [self._engine, *run, *more, self._image, *words]

    def beside(self, *words: str, place: Place) -> list[str]:
        """Return how to run ``words`` in that container."""
        return [self._engine, "exec", "--interactive", place.folder.name, *words]

    def end(self, place: Place) -> None:
        """End the container, which may outlive the command that started it."""
        subprocess.run([self._engine, "rm", "--force", place.folder.name], capture_output=True, check=False)
