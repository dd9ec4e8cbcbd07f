"""Every refusal has a sentence that its own params fill."""

import inspect
import re
from string import Formatter

import pytest

from sideline.kit.refusal_texts import PRESENCES, TEXTS, refusal_status, refusal_text
from sideline.rules import refusals
from sideline.rules.presence import Presence
from sideline.rules.refusals import Refusal, RefusalCode

_DECLARED = re.compile(r'^\s*[A-Z_]+ = "([a-z_]+)"(?:\s*#\s*(.*))?$', re.MULTILINE)


def _declared_params() -> dict[str, set[str]]:
    found = _DECLARED.findall(inspect.getsource(refusals))
    return {code: {name.strip() for name in words.split(",") if name.strip()} for code, words in found}


@pytest.mark.parametrize("code", RefusalCode)
def test_every_refusal_is_a_sentence_that_names_only_what_the_rule_tells(code: RefusalCode):
    declared = _declared_params()[code]
    named = {field for _, field, _, _ in Formatter().parse(TEXTS[code]) if field}
    assert named <= declared
    text = refusal_text(Refusal(code, dict.fromkeys(declared, "Not_ready")))
    assert text[0].isupper()
    assert "_" not in text or "name" in named
    assert text.endswith(".")
    assert refusal_status(Refusal(code)) in {403, 409, 422}


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        ("not_ready,available,on_queue", "“Available”, “On queue” or “Not ready”"),
        ("not_ready,available", "“Available” or “Not ready”"),
        ("available", "“Available”"),
        ("", "another"),
    ],
)
def test_a_presence_that_forbids_is_named_as_on_screen_with_those_that_would_do(allowed: str, words: str):
    refusal = Refusal(RefusalCode.PRESENCE_FORBIDS_SUPERVISING, {"presence": "wrap_up", "allowed": allowed})
    assert refusal_text(refusal) == f"Your presence is “Wrap-up”; to monitor or coach it has to be {words}."


def test_every_presence_has_a_word():
    assert set(PRESENCES) == set(Presence)


def test_no_text_is_left_of_a_code_that_is_gone():
    assert set(TEXTS) == set(RefusalCode)
