"""The house rules of ``make check``: what each finds, what it lets pass, and that its message teaches."""

import pytest

from tools.lint_house import MOST_LINES, Source, lint, packages_without_init


def found(path: str, text: str) -> list[str]:
    return [finding.message for finding in lint(Source(path, text))]


def test_a_file_that_is_too_long_is_to_be_split_by_verb_or_noun() -> None:
    assert found("src/sideline/x/commands.py", "x = 1\n" * MOST_LINES) == []
    assert "Split it by verb or noun" in found("src/sideline/x/commands.py", "x = 1\n" * (MOST_LINES + 1))[0]
    assert "Split it" in found("web/src/ui/board.tsx", "\n" * (MOST_LINES + 1))[0]


@pytest.mark.parametrize(
    "path",
    ["src/sideline/people/utils.py", "src/sideline/common/money.py", "web/src/lib/helpers.ts", "tests/support/Base.py"],
)
def test_a_name_without_a_subject_is_refused(path: str) -> None:
    assert "names no subject" in found(path, "")[0]


@pytest.mark.parametrize("name", ["PhoneService", "CallManager", "UrlHelper"])
def test_a_class_named_after_no_noun_is_refused(name: str) -> None:
    assert f"class {name}" in found("src/sideline/x/y.py", f"class {name}: ...\n")[0]


def test_a_subject_that_merely_contains_such_a_word_is_fine() -> None:
    assert found("src/sideline/people/database.py", "class ManagerialNote: ...\n") == []


@pytest.mark.parametrize("call", ["asyncio.sleep(0.1)", "time.sleep(delay)"])
@pytest.mark.parametrize("folder", ["src/sideline/x", "tests/api"])
def test_sleeping_is_refused_with_what_to_wait_for_instead(folder: str, call: str) -> None:
    assert "Wait for the thing itself" in found(f"{folder}/y.py", f"async def f():\n    {call}\n")[0]


def test_giving_way_once_is_no_sleep_and_a_bench_may_pace_itself() -> None:
    assert found("src/sideline/x/y.py", "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n") == []
    assert found("bench/fanout.py", "import time\ntime.sleep(1)\n") == []


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "datetime.datetime.now()", "time.time()", "date.today()"])
def test_the_wall_clock_is_read_in_one_place(call: str) -> None:
    assert "Take the moment as a parameter" in found("src/sideline/x/y.py", f"at = {call}\n")[0]
    assert found("src/sideline/kit/clock.py", f"at = {call}\n") == []
    assert found("tests/api/test_y.py", f"at = {call}\n") == []


def test_durations_may_be_measured() -> None:
    assert found("src/sideline/x/y.py", "began = time.monotonic()\n") == []


def test_a_reason_on_the_line_lets_time_itself_be_the_subject_but_a_bare_mark_does_not() -> None:
    assert found("src/sideline/x/y.py", "at = time.time()  # house: RTCP stamps wall time\n") == []
    assert found("src/sideline/x/y.py", "at = time.time()  # house: needed\n") != []


def test_a_package_says_what_it_is_for() -> None:
    assert "no docstring" in found("src/sideline/x/__init__.py", "")[0]
    assert found("src/sideline/x/__init__.py", '"""X: what it is for."""\n') == []
    assert [str(finding) for finding in packages_without_init(["src/sideline/x/y.py"])] == [
        "src/sideline/x/__init__.py:1: missing: a package says in its docstring what it is for."
    ]


def test_a_note_for_later_needs_an_issue() -> None:
    later = "TO" + "DO"
    assert "open an issue" in found("src/sideline/x/y.py", f"x = 1  # {later}: tidy\n")[0]
    assert "open an issue" in found("web/src/app/x.ts", f"// FIX{'ME'} tidy\n")[0]
    assert found("src/sideline/x/y.py", f"x = 1  # {later} #12: tidy\n") == []


def test_what_a_tool_wrote_is_left_alone() -> None:
    assert found("web/src/api/schema.gen.ts", "\n" * 5000) == []
    assert found("src/sideline/migrations/versions/0001_first.py", "\n" * 5000) == []
