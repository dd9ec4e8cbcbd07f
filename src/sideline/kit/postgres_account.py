"""Under which account PostgreSQL runs: it refuses to run as root, so root lends it another one.

Nothing outside Sideline's own data folder gets other permissions for that: where
the account could not reach the folder (a checkout under ``/root``), the server
alone is started with the capability to pass (see ADR 0031).
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import msgspec

from sideline.kit.postgres_binaries import PostgresFault

ACCOUNT_NAMES = ("postgres", "sideline")
"""Accounts that are used where they exist; the last is created where none does."""

_CAPABILITIES = ("", "dac_read_search", "dac_override")
"""What the account may need to reach the data folder and the programs, least first."""


class Launcher(msgspec.Struct, frozen=True):
    """How a program of PostgreSQL is started: words before its own, and the owner of its files."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None
    """(uid, gid) that its files must belong to; ``None``: this process's own."""

    def command(self, *words: str) -> list[str]:
        """Return the whole command that runs ``words``."""
        return [*self.prefix, *words]

    def give(self, path: Path) -> None:
        """Make ``path`` belong to the account."""
        if self.owner is not None:
            os.chown(path, *self.owner)


def choose_launcher(folder: Path, program: str) -> Launcher:
    """Choose how to run ``program`` on ``folder``, a folder of this process's that exists.

    As an ordinary user: as that user. As root: as the owner of the folder if
    that is another, else as an account of ``ACCOUNT_NAMES``. With ``setpriv``
    (util-linux) the server also gets SIGINT, its fast shutdown, when its parent
    dies. Raises :class:`PostgresFault` when no account can work there.
    """
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return Launcher(prefix=(setpriv, "--pdeathsig", "INT", "--") if setpriv else ())
    if setpriv is None:
        raise PostgresFault(
            "PostgreSQL does not run as root and 'setpriv' (package util-linux), which lends it another account, "
            "is missing: start Sideline as an ordinary user, or set SIDELINE_DATABASE_URL to a server of yours."
        )
    account = _account(folder)
    os.chown(folder, account.pw_uid, account.pw_gid)
    change = (
        setpriv,
        *("--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups"),
        *("--pdeathsig", "INT"),
    )
    for capability in _CAPABILITIES:
        prefix = (*change, *_lend(capability), "--")
        if _reaches(prefix, folder, program):
            return Launcher(prefix=prefix, owner=(account.pw_uid, account.pw_gid))
    raise PostgresFault(
        f"The account '{account.pw_name}', under which PostgreSQL runs here, cannot reach {folder}: set SIDELINE_VAR "
        "to a folder that it may enter, or SIDELINE_DATABASE_URL to a server of yours."
    )


def _account(folder: Path) -> pwd.struct_passwd:
    uid = folder.stat().st_uid
    if uid != 0:
        try:
            return pwd.getpwuid(uid)
        except KeyError as error:
            raise PostgresFault(
                f"{folder} belongs to the user with number {uid}, who does not exist on this machine: "
                "give the folder to one who does (chown -R). Nothing was changed."
            ) from error
    for name in ACCOUNT_NAMES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return _create_account(ACCOUNT_NAMES[-1])


def _create_account(name: str) -> pwd.struct_passwd:
    try:
        subprocess.run(  # noqa: S603
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],  # noqa: S607
            check=True,
            capture_output=True,
            timeout=30,
        )
        return pwd.getpwnam(name)
    except (OSError, subprocess.SubprocessError, KeyError) as error:
        raise PostgresFault(
            f"PostgreSQL does not run as root, and the account '{name}' for it could not be created: "
            "start Sideline as an ordinary user, or set SIDELINE_DATABASE_URL to a server of yours."
        ) from error


def _lend(capability: str) -> tuple[str, ...]:
    if not capability:
        return ()
    # Without the last, access(2), which initdb asks, would not count the capability.
    return ("--inh-caps", f"+{capability}", "--ambient-caps", f"+{capability}", "--securebits", "+no_setuid_fixup")


_PROBE = '"$0" --version && env test -x "$0" && made=$(mktemp -d "$1/probe.XXXXXX") && rmdir "$made"'
"""Tried, not computed: run the program, ask access(2) for it as initdb does, write into the folder."""


def _reaches(prefix: tuple[str, ...], folder: Path, program: str) -> bool:
    probe = [*prefix, "sh", "-c", _PROBE, program, str(folder)]
    try:
        return subprocess.run(probe, capture_output=True, cwd="/", timeout=10, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
