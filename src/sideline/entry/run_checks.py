"""What must hold before Sideline starts; each fault is one line that says what to do."""

import errno
import fcntl
import os
import shutil
import socket
from pathlib import Path

from sideline.kit.processes import listening_socket
from sideline.kit.settings import Settings, SettingsError

ROOM_BYTES = 300 * 1024 * 1024
"""Free disk space below which Sideline does not start."""


class CannotRun(Exception):
    """Sideline cannot start; ``str()`` is one sentence for a person."""


def room_fault(free_bytes: int, folder: Path) -> str | None:
    """Return what is wrong when ``free_bytes`` of disk are too few for ``folder``, else ``None``."""
    if free_bytes >= ROOM_BYTES:
        return None
    return (
        f"No room: the disk of {folder} has {free_bytes // 1024**2} MB left and Sideline needs "
        f"{ROOM_BYTES // 1024**2} MB: free some, or set SIDELINE_VAR to a folder on another disk. Nothing was changed."
    )


def check_voice(settings: Settings) -> None:
    """See that there is a voice engine to start, and that its settings can be used. Raises :class:`CannotRun`."""
    if settings.voice == "webrtc":
        return
    if settings.voice != "asterisk":
        raise CannotRun(f"SIDELINE_VOICE is '{settings.voice}': set it to webrtc or asterisk.")
    if not settings.asterisk:
        raise CannotRun(
            "SIDELINE_VOICE is asterisk and SIDELINE_ASTERISK says of none where it is: set it to the address of your "
            "Asterisk's ARI, such as http://sideline:password@127.0.0.1:8088/ari. In a checkout, as root, "
            "'SIDELINE_VOICE=asterisk make run' with the demo brings one of its own."
        )
    from sideline.entry.asterisk_settings import read_asterisks

    try:
        read_asterisks(settings)
    except SettingsError as fault:
        raise CannotRun(f"{fault} Nothing was started or changed.") from fault


def open_var(folder: Path) -> None:
    """Make the data folder ``folder`` if need be and see that it can be used. Raises :class:`CannotRun`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable.{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CannotRun(room_fault(0, folder)) from error
        raise CannotRun(
            f"The data folder {folder} cannot be written ({error.strerror}): give this user the right to, "
            "or set SIDELINE_VAR to another folder."
        ) from error
    if fault := room_fault(shutil.disk_usage(folder).free, folder):
        raise CannotRun(fault)


class VarLock:
    """The right to use a data folder: held until closed or the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises :class:`CannotRun`, with the holder's note, when another process has it."""
        self._fd = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._fd, 500, 0).decode(errors="replace").strip()
            os.close(self._fd)
            raise CannotRun(
                f"Sideline is running already on {folder} ({holder or 'starting'}): stop that one first, "
                "or set SIDELINE_VAR and SIDELINE_PORT for a second one."
            ) from error
        self.write_note(f"process {os.getpid()}")

    def write_note(self, note: str) -> None:
        """Leave ``note``, about the holder, for whoever comes second."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, note.encode(), 0)

    def close(self) -> None:
        """Give the right back."""
        os.close(self._fd)


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket listening at ``host`` and ``port``. Raises :class:`CannotRun` naming the setting."""
    try:
        return listening_socket(host, port)
    except socket.gaierror as error:
        raise CannotRun(f"SIDELINE_HOST is '{host}', which is no address of this machine.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotRun(
                f"Port {port} is taken by another program: stop it, or choose another port with "
                f"SIDELINE_PORT={port + 1 if port < 65535 else 8400}."
            ) from error
        if error.errno == errno.EACCES:
            raise CannotRun(
                f"Port {port} needs root's rights: choose one from 1024 up with SIDELINE_PORT=8400."
            ) from error
        raise CannotRun(
            f"Cannot listen at {host} port {port} ({error.strerror}): check SIDELINE_HOST and SIDELINE_PORT."
        ) from error
