"""Chooses where the laboratory's Asterisk runs on this machine: in a container, or in a folder made by debootstrap."""

import os
import shutil
import subprocess
from pathlib import Path

from bootstrap_debian import install_debian
from lab_root import HOW_TO_GET_IT, make_lab_root

from tests.support.asterisk_machines import Container, Machine, Root

IMAGE = "sideline-laboratory"
ANSWER_SECONDS = 10.0


class NoLaboratory(Exception):
    """It cannot be had here; ``str()`` is one line that says what is missing and how to get it."""


def machine_for_lab(checkout: Path, log: Path, choice: str) -> Machine:
    """Return where to run Asterisk; ``choice`` is ``debootstrap``, ``container`` or empty for whatever there is."""
    engine = None if choice == "debootstrap" else container_engine()
    if engine is None and choice == "container":
        raise NoLaboratory("no container engine answers here (docker info, podman info): start one, or install podman")
    if engine is None and os.geteuid() == 0:
        install_debian(("debootstrap", "baresip-core"), log)
    if shutil.which("baresip") is None:
        raise NoLaboratory("baresip, the telephones' program, is missing: on Debian or Ubuntu apt install baresip-core")
    if engine is not None:
        return _container(engine, checkout, log)
    if os.geteuid() != 0:
        raise NoLaboratory(
            f"no container engine answers here and you aren't root: start docker or podman, or run this {HOW_TO_GET_IT}"
        )
    if not make_lab_root(checkout, log):
        raise NoLaboratory(f"no Asterisk could be put into {checkout / '.lab'} (the line above says why)")
    return Root((checkout / ".lab" / "root").resolve())


def container_engine() -> str | None:
    """Return the container engine that is here and really answers, or ``None``."""
    for name in ("docker", "podman"):
        path = shutil.which(name)
        if path is None:
            continue
        try:
            done = subprocess.run([path, "info"], capture_output=True, timeout=ANSWER_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return path
    return None


def _container(engine: str, checkout: Path, log: Path) -> Machine:
    folder = checkout / "deploy" / "asterisk"
    print("… The laboratory's container image", flush=True)
    with log.open("ab") as file:
        build = [engine, "build", "--tag", IMAGE, "--file", str(folder / "Dockerfile"), str(folder)]
        built = subprocess.run(build, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False)
    if built.returncode != 0:
        raise NoLaboratory(f"the container image could not be built ({log}); as root SIDELINE_LAB=debootstrap may do")
    ask = [engine, "run", "--rm", IMAGE, "sh", "-c", "echo /usr/lib/*/asterisk/modules"]
    said = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    return Container(engine, IMAGE, said)
