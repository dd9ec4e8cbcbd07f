"""Debian packages that some tests and benches need: installed as root, else these are left out in one visible line."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bootstrap_facts import missing_debian_packages

BRINGS = {
    "chromium": ("chromium",),
    "espeak-ng": ("espeak-ng",),
    "janus": ("janus",),
    "debootstrap": ("debootstrap",),
    "baresip-core": ("baresip",),
}
"""Package: commands of which one shows that it need not be installed."""

ALONG = ("fonts-liberation",)
"""What comes with them: Chromium draws no text without a font."""

NEEDED_BY = {
    "chromium": "everything in a real browser",
    "espeak-ng": "benches with speech",
    "janus": "the comparison with Janus",
    "debootstrap": "everything on a real Asterisk",
    "baresip-core": "everything with SIP telephones",
}


def install_debian(packages: Sequence[str], log: Path) -> None:
    """Install what is missing of ``packages``, as root; say in one line what is left out where that cannot be."""
    wanted = {package: BRINGS[package] for package in packages}
    names = [name for brings in wanted.values() for name in brings]
    missing = missing_debian_packages([name for name in names if shutil.which(name)], wanted)
    if not missing:
        return
    left_out = ", ".join(NEEDED_BY[package] for package in missing)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"– Left out: {left_out} (as root: apt install {' '.join(missing)})", flush=True)
        return
    print(f"… Debian packages: {' '.join(missing)}", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("ab") as file:
        for words in (("update",), ("install", "-y", "--no-install-recommends", *missing, *ALONG)):
            done = subprocess.run(
                ["apt-get", "-q", *words],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
    if done.returncode == 0:
        print(f"✓ Debian packages: {' '.join(missing)}", flush=True)
    else:
        print(f"– Left out: {left_out} (apt-get could not install {' '.join(missing)}: {log})", flush=True)
