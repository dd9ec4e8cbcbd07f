"""The settings page names every setting with its default, and none that does not exist."""

import re
from pathlib import Path

import msgspec

from sideline.kit.settings import Settings, load_settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"


def rows() -> dict[str, str]:
    """Return the default, as the page gives it, of each variable."""
    return dict(re.findall(r"^\| `SIDELINE_(\w+)` \| (.*?) \| .+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def test_the_page_has_exactly_the_settings_there_are() -> None:
    assert sorted(rows()) == sorted(field.name.upper() for field in msgspec.structs.fields(Settings))


def test_each_default_is_the_one_that_is_used() -> None:
    shown = {name: value for name, value in rows().items() if name != "VAR"}
    settings = load_settings({})

    assert shown == {name: words(getattr(settings, name.lower())) for name in shown}


def words(value: object) -> str:
    """Return how the page writes ``value``."""
    if value == "" or value == ():
        return "empty"
    return f"`{int(value)}`" if isinstance(value, bool) else f"`{value}`"
