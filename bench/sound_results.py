"""Where the figures of a bench go: one JSON file, and one line for people."""

import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def keep(name: str, line: str, figures: dict[str, Any]) -> None:
    """Write ``results/<date>-<name>.json`` and append ``line`` to the ``.md`` beside it."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y-%m-%d}-{name}"
    figures = {
        "at": now.isoformat(timespec="seconds"),
        "machine": platform.processor() or platform.machine(),
        **figures,
    }
    path.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n")
    with path.with_suffix(".md").open("a") as file:
        file.write(f"- {now:%H:%M} UTC: {line}\n")
    print(line)
