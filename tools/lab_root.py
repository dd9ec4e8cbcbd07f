"""A Debian with Asterisk in a folder of this checkout, made once by debootstrap; only root can enter it.

Asterisk isn't in Debian 12, so the folder holds Debian's development line (sid). It is left alone afterwards: remove
``.lab`` (``make clean`` does) to get what is current.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

SUITE = "sid"
PACKAGES = "asterisk,ca-certificates"
ROOM_MEGABYTES = 1200
"""What debootstrap needs while it works; half of that stays."""

HOW_TO_GET_IT = "as root on Debian or Ubuntu: apt install debootstrap baresip-core"


def has_asterisk(root: Path) -> bool:
    """Tell whether there is an Asterisk to start in ``root``."""
    return (root / "usr" / "sbin" / "asterisk").is_file()


def why_not_here(folder: Path) -> str | None:
    """Return in a few words why no root can be made in ``folder``, or ``None``."""
    if os.geteuid() != 0:
        return "this isn't root"
    if shutil.which("debootstrap") is None:
        return "debootstrap is missing"
    free = shutil.disk_usage(folder).free // 1024**2
    if free < ROOM_MEGABYTES:
        return f"the disk has {free} MB left and it takes {ROOM_MEGABYTES} MB"
    return None


def make_lab_root(checkout: Path, log: Path) -> bool:
    """Make ``.lab/root`` if it isn't there; say in one line what became of it. Return whether it is there."""
    root = checkout / ".lab" / "root"
    if has_asterisk(root):
        return True
    if why := why_not_here(checkout):
        print(f"– Left out: everything on a real Asterisk, as {why} ({HOW_TO_GET_IT})", flush=True)
        return False
    print(f"… Asterisk for the laboratory ({root}, about a minute)", flush=True)
    began = time.monotonic()
    root.parent.mkdir(exist_ok=True)
    new = root.with_name("root.new")
    _remove(new)
    words = ("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(new))
    with log.open("ab") as file:
        file.write(f"\n$ {' '.join(words)}\n".encode())
        file.flush()
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0 or not has_asterisk(new):
        _remove(new)
        print(f"– Left out: everything on a real Asterisk (debootstrap could not fetch it: {log})", flush=True)
        return False
    new.rename(root)
    print(f"✓ Asterisk for the laboratory ({time.monotonic() - began:.0f} s)", flush=True)
    return True


def _remove(folder: Path) -> None:
    """Remove what an interrupted debootstrap left, but not what it had mounted there."""
    if not folder.exists():
        return
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in sorted((each for each in mounted if Path(each).is_relative_to(folder.resolve())), reverse=True):
        subprocess.run(["umount", "--lazy", place], check=True)
    shutil.rmtree(folder)
