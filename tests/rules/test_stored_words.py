"""The words of the rules are stored in rows and spoken on the wire: each is its name in lower snake case."""

import importlib
import pkgutil
from enum import StrEnum

import pytest

import sideline.rules
from sideline.rules import audibility

WORDS = {
    each
    for found in pkgutil.iter_modules(sideline.rules.__path__, "sideline.rules.")
    for each in vars(importlib.import_module(found.name)).values()
    if isinstance(each, type) and issubclass(each, StrEnum) and each is not StrEnum
}


@pytest.mark.parametrize("words", sorted(WORDS, key=lambda each: each.__name__))
def test_each_word_is_stored_as_its_name(words: type[StrEnum]) -> None:
    assert words.__module__.startswith("sideline.rules.")
    assert [each.value for each in words] == [name.lower() for name in words.__members__]


def test_music_has_a_name_that_no_participant_has() -> None:
    assert audibility.MUSIC == "music"
