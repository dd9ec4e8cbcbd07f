"""The ``sideline`` command."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from sideline import __version__
from sideline.kit.processes import end_with_parent
from sideline.kit.settings import Settings, SettingsError, load_settings

PROCESSES = {
    "web": "HTTP, the web app and the sockets",
    "voice": "the voice engine",
    "worker": "jobs, timers and notices",
    "demo": "the bots that keep demo calls going (they use the public API)",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line ``arguments`` (default: this process's); return the exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = load_settings()
    except SettingsError as fault:
        return _fault(str(fault))
    if chosen.command == "run":
        from sideline.entry.run import run

        return run(settings)
    if chosen.command == "migrate":
        return _migrate(settings)
    end_with_parent()
    if chosen.command == "prepare":
        from sideline.entry.prepare import main as prepare

        return prepare(settings)
    return importlib.import_module(f"sideline.entry.{chosen.command}").main() or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sideline",
        description="Coaching for contact centres: hear a live call, speak to the agent alone, join in, take over.",
        epilog="Settings are environment variables SIDELINE_*; docs/reference/settings.md lists them.",
    )
    parser.add_argument("--version", action="version", version=f"Sideline {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("run", help="run everything: database, web, voice, worker and the demo")
    for name, help_text in PROCESSES.items():
        commands.add_parser(name, help=f"run one process: {help_text}")
    commands.add_parser("prepare", help="migrate the database of SIDELINE_DATABASE_URL and seed the demo")
    commands.add_parser("migrate", help="migrate the database of SIDELINE_DATABASE_URL")
    return parser


def _migrate(settings: Settings) -> int:
    if not settings.database_url:
        return _fault(
            "'sideline migrate' needs SIDELINE_DATABASE_URL; 'sideline run' migrates its own database itself."
        )
    from sideline.kit.db import migrate
    from sideline.people.shipped_role_rows import write_shipped_roles

    migrate(settings.database_url)
    write_shipped_roles(settings.database_url)
    print("The database is up to date.")
    return 0


def _fault(text: str) -> int:
    print(f"sideline: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
