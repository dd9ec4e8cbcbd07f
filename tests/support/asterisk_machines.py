"""Where a laboratory's Asterisk runs: in a folder with a Debian of its own, or in a container."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

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

    def command(self, *words: str, place: Place, env: Sequence[str] = ()) -> list[str]:
        """Return how to run ``words`` there, with what ``env`` adds to the environment (``NAME=value``)."""
        ...


class Root:
    """A folder that debootstrap made (``.lab/root``), entered by chroot: as root only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        found = next((root / "usr" / "lib").glob("*/asterisk/modules"))
        self.modules = f"/{found.relative_to(root)}"

    def place(self) -> Place:
        """Make a new folder that both can see."""
        above = self.root / "srv" / "laboratories"
        above.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=above))
        return Place(folder, f"/{folder.relative_to(self.root)}")

    def command(self, *words: str, place: Place, env: Sequence[str] = ()) -> list[str]:
        """Return how to run ``words`` there."""
        return [*AS_AN_APPLIANCE, "chroot", str(self.root), "env", *env, *words]


class Container:
    """An image made from ``deploy/asterisk/Dockerfile``."""

    def __init__(self, engine: str, image: str, modules: str) -> None:
        self.modules = modules
        self._engine = engine
        self._image = image

    def place(self) -> Place:
        """Make a new folder that both can see."""
        folder = Path(tempfile.mkdtemp(prefix="sideline-lab-"))
        return Place(folder, str(folder))

    def command(self, *words: str, place: Place, env: Sequence[str] = ()) -> list[str]:
        """Return how to run ``words`` there: the first ones in a new container, later ones in the one that runs."""
        name = place.folder.name
        if "-rx" in words:
            return [self._engine, "exec", name, *words]
        more = [part for each in env for part in ("--env", each)]
        shared = f"{place.folder}:{place.inside}"
        return [
            self._engine,
            "run",
            "--rm",
            "--name",
            name,
            "--network",
            "host",
            "-v",
            shared,
            *more,
            self._image,
            *words,
        ]
