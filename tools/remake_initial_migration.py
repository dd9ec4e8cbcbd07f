"""Write the initial migration anew from the models (only until the first release).

Run: ``.venv/bin/python tools/remake_initial_migration.py``
"""

import sys
from pathlib import Path

from alembic import command

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from sideline.kit.db import alembic_config  # noqa: E402
from tests.support.postgres import execute, running_server, with_database  # noqa: E402


def main() -> None:
    """Drop the old first revision and let alembic write it from the metadata."""
    versions = ROOT / "src" / "sideline" / "migrations" / "versions"
    for old in versions.glob("*.py"):
        old.unlink()
    with running_server() as url:
        execute(url, "CREATE DATABASE blank")
        command.revision(
            alembic_config(with_database(url, "blank")),
            message="Every table of the first release",
            autogenerate=True,
            rev_id="0001",
        )
    made = next(versions.glob("0001*.py"))
    text = made.read_text().replace("sideline.kit.models.Xid8()", "Xid8()")
    text = text.replace("import sqlalchemy as sa\n", "import sqlalchemy as sa\n").replace(
        "from alembic import op\n", "from alembic import op\n\nfrom sideline.kit.models import Xid8\n"
    )
    made.unlink()
    (versions / "0001_initial.py").write_text(text)


main()
