"""Small stand-ins for Sideline's processes, and the ``sideline run`` that keeps them.

``python -m tests.entry.standin run`` is ``sideline run`` with these in place of the shipped ones; any other word is
one of the processes. What each does wrong is chosen by files in the data folder: ``<name>.crash`` (end at once),
``<name>.stubborn`` (ignore SIGTERM), ``<name>.silent`` (never ready).
"""

import json
import os
import signal
import sys
from pathlib import Path

from sideline.entry.run import Plan, run
from sideline.kit.processes import end_with_parent, listening_socket, say_ready
from sideline.kit.settings import load_settings

HERE = (sys.executable, "-m", "tests.entry.standin")


def main() -> int:
    command = sys.argv[1]
    if command == "run":
        names = ("prepare", "worker", "voice", "web", "demo")
        return run(load_settings(), Plan(**{name: (*HERE, name) for name in names}))
    settings = load_settings()
    name = os.environ.get("SIDELINE_PROCESS", command)
    end_with_parent()
    if command == "prepare":
        fault = settings.var / "prepare.fault"
        print(
            json.dumps(
                {
                    "sign_ins": [["supervisor", "sam", "secret"]],
                    "customer_page": "/c/support",
                    "fault": fault.read_text() if fault.exists() else "",
                }
            )
        )
        return 0
    (settings.var / f"{name}.pid").write_text(str(os.getpid()))
    if (settings.var / f"{name}.crash").exists():
        print("WARNING this one is made to crash", file=sys.stderr)
        return 3
    if (settings.var / f"{name}.silent").exists():
        signal.pause()
    if (settings.var / f"{name}.stubborn").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: _leave(settings.var, name))
    if command == "web":
        return _serve()
    say_ready()
    while True:
        signal.pause()


def _leave(var: Path, name: str) -> None:
    with (var / "left").open("a") as file:
        file.write(f"{name}\n")
    sys.exit(0)


def _serve() -> int:
    listener = listening_socket("127.0.0.1", 0)
    say_ready()
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            body = str(os.getpid()).encode()
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


if __name__ == "__main__":
    sys.exit(main())
