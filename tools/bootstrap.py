"""Make this checkout ready with nothing but a bare Python, then run what was asked for.

``make`` starts this under whatever ``python3`` the machine has. This file alone
must be readable by an old one, so that it can say so; everything else lives in
the modules beside it, which need Python 3.11.
"""

import os
import shutil
import sys

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def newer_python(which):
    """Return a Python on this machine that is new enough, or None."""
    for name in NEWER:
        path = which(name)
        if path:
            return path
    return None


def too_old(version):
    """Return the one line for a Python that is too old."""
    return (
        f"✗ Sideline needs Python 3.11 or newer and this is Python {version[0]}.{version[1]}: install it (Debian 12: "
        "apt install python3 python3-venv), or name another one: make run PYTHON=/path/to/python3.11"
    )


def main():
    """Go on under a Python that is new enough, or say that there is none."""
    if sys.version_info[:2] < OLDEST:
        path = newer_python(shutil.which)
        if path is None:
            sys.stderr.write(too_old(sys.version_info) + "\n")
            return 1
        os.execv(path, [path] + sys.argv)  # noqa: RUF005 (old syntax on purpose)
    from bootstrap_steps import bootstrap

    return bootstrap(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
