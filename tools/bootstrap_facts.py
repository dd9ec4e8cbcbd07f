"""What the bootstrap must know of the machine, and the one line for each thing that is wrong. Pure but for ``look``."""

import importlib.util
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOM_MEGABYTES = {"run": 2000, "dev": 3000}
"""Disk space that a first installation takes, with room to work."""


@dataclass(frozen=True)
class Facts:
    """The machine as the bootstrap found it."""

    root: Path
    has_venv: bool
    """The modules venv and ensurepip are there (Debian splits them off)."""
    writable: bool
    free_megabytes: int
    needed_megabytes: int
    """0 when nothing has to be installed."""


def look(root: Path, needed_megabytes: int) -> Facts:
    """Return the facts of this machine and the checkout ``root``."""
    return Facts(
        root=root,
        has_venv=all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip")),
        writable=os.access(root, os.W_OK | os.X_OK),
        free_megabytes=shutil.disk_usage(root).free // 1024**2,
        needed_megabytes=needed_megabytes,
    )


def fault_of(facts: Facts) -> str | None:
    """Return the one line for what stands in the way, or ``None``."""
    if facts.needed_megabytes == 0:
        return None
    if not facts.writable:
        return f"The folder {facts.root} cannot be written by this user: put the checkout where it can, or chown it."
    if not facts.has_venv:
        return "This Python cannot make virtual environments: install that part (on Debian: apt install python3-venv)."
    if facts.free_megabytes < facts.needed_megabytes:
        return (
            f"No room: the disk of {facts.root} has {facts.free_megabytes} MB left and a first installation needs "
            f"{facts.needed_megabytes} MB: free some and run this again. Nothing was changed."
        )
    return None


_CAUSES = (
    (r"No space left on device|ENOSPC|Disk quota exceeded", "the disk is full: free some space and run this again"),
    (
        r"DO NOT MATCH THE HASHES|EINTEGRITY",
        "a download is not the one that was locked (a broken download, or one that was tampered with): it was not "
        "installed; run this again, and if it stays so tell the project",
    ),
    (
        r"Temporary failure in name resolution|Name or service not known|Network is unreachable|Failed to establish a "
        r"new connection|ConnectTimeout|Read timed out|Connection refused|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED"
        r"|ENETUNREACH",
        "the package index cannot be reached: connect this machine to a network (or name a mirror, PIP_INDEX_URL and "
        "npm_config_registry) and run this again; once installed, Sideline starts without a network",
    ),
    (
        r"No matching distribution found|not a supported wheel on this platform|EBADPLATFORM",
        "a package has no ready-made build for this machine: use Linux on x86-64 or ARM64, Python 3.11 to 3.13",
    ),
    (r"Permission denied|EACCES|Read-only file system", "this user may not write there: chown the checkout"),
)


def cause_of(words: str) -> str | None:
    """Return, for a person, why a program failed that left ``words``; ``None`` when that is not known."""
    for pattern, cause in _CAUSES:
        if re.search(pattern, words):
            return cause
    return None


def node_is_new_enough(version: str) -> bool:
    """Tell whether Node ``version`` (as ``node --version`` prints it) can build the web app."""
    match = re.match(r"v?(\d+)\.(\d+)\.", version)
    if match is None:
        return False
    major, minor = int(match.group(1)), int(match.group(2))
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def missing_debian_packages(found: Sequence[str], wanted: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the packages of ``wanted`` (package: what it brings) of which nothing is in ``found``."""
    return [package for package, brings in wanted.items() if not set(brings) & set(found)]


def wants_laboratory(env: Mapping[str, str]) -> bool:
    """Tell whether ``make run`` with these settings brings an Asterisk: the demo on one, and none that is named."""
    is_off = env.get("SIDELINE_DEMO", "1").strip().lower() in {"", "0", "false", "no", "off"}
    return env.get("SIDELINE_VOICE", "") == "asterisk" and not env.get("SIDELINE_ASTERISK", "").split() and not is_off
