"""What stops ``sideline run`` before it starts, and what it passes on to the terminal."""

import json
from pathlib import Path

import pytest

from sideline.entry.run_checks import ROOM_BYTES, CannotRun, open_listener, open_var, room_fault
from sideline.entry.run_programs import LONGEST_DELAY_SECONDS, STEADY_SECONDS, Delay, ending
from sideline.entry.run_terminal import LINES_AT_ONCE, LINES_PERIOD_SECONDS, Log, Loud


def test_a_full_disk_is_one_line_with_the_folder_and_what_to_do() -> None:
    fault = room_fault(20 * 1024**2, Path("/srv/sideline"))

    assert fault is not None
    assert "the disk of /srv/sideline has 20 MB left" in fault
    assert "SIDELINE_VAR" in fault
    assert "Nothing was changed" in fault
    assert "\n" not in fault


def test_a_disk_with_just_enough_room_is_no_fault() -> None:
    assert room_fault(ROOM_BYTES, Path("/srv")) is None
    assert room_fault(ROOM_BYTES - 1, Path("/srv")) is not None


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CannotRun, match=r"cannot be written .*SIDELINE_VAR"):
        open_var(tmp_path / "file" / "var")


def test_an_address_of_another_machine_is_one_line_with_the_setting() -> None:
    with pytest.raises(CannotRun, match="SIDELINE_HOST"):
        open_listener("192.0.2.1", 0)


def test_each_crash_doubles_the_pause_up_to_a_limit() -> None:
    delay = Delay()

    pauses = [delay.after(0.1) for _ in range(8)]

    assert pauses[:4] == [0.2, 0.4, 0.8, 1.6]
    assert pauses[-1] == LONGEST_DELAY_SECONDS


def test_a_steady_life_forgets_earlier_crashes() -> None:
    delay = Delay()
    for _ in range(5):
        delay.after(0.1)

    assert delay.after(STEADY_SECONDS) == 0.2


def test_an_end_is_told_by_status_or_by_the_name_of_the_signal() -> None:
    assert ending(3) == "ended with status 3"
    assert ending(-9) == "was ended by SIGKILL"
    assert ending(-40) == "was ended by signal 40"


def test_a_log_is_turned_over_by_size_and_the_newest_are_kept(tmp_path: Path) -> None:
    log = Log(tmp_path / "log" / "web.log", limit=100)
    for number in range(20):
        log.write(f"{number:02} {'x' * 40}".encode())
    log.close()

    kept = sorted(path.name for path in (tmp_path / "log").iterdir())
    assert kept == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert all(path.stat().st_size <= 100 for path in (tmp_path / "log").iterdir())
    assert (tmp_path / "log" / "web.log").read_text().splitlines()[-1].startswith("19 ")


def heard(*lines: str) -> list[str]:
    shown: list[str] = []
    loud = Loud("web", shown.append)
    for line in lines:
        loud.hear(line.encode())
    return shown


def test_the_terminal_shows_warnings_and_worse_but_not_the_everyday() -> None:
    assert heard(
        '{"event": "listening", "level": "info"}',
        '{"event": "mail is down", "level": "warning", "timestamp": "2026-01-01", "host": "mx"}',
        "INFO:     Started",
        "2026-01-01 [warning  ] slow",
        "ERROR: broken",
        "nothing to see",
    ) == ["web: warning: mail is down host=mx", "web: 2026-01-01 [warning  ] slow", "web: ERROR: broken"]


def test_an_entry_with_a_traceback_is_one_line_with_its_reason() -> None:
    entry = {"event": "failed", "level": "error", "exception": "Traceback …:\n  File x\nValueError: no"}

    assert heard(json.dumps(entry)) == ["web: error: failed ValueError: no"]


def test_a_traceback_is_shown_whole() -> None:
    assert heard("Traceback (most recent call last):", '  File "x.py", line 1', "ValueError: no", "on we go") == [
        "web: Traceback (most recent call last):",
        'web:   File "x.py", line 1',
        "web: ValueError: no",
    ]


def test_a_flood_of_warnings_is_cut_with_a_hint_and_heard_again_later() -> None:
    shown: list[str] = []
    now = [100.0]
    loud = Loud("web", shown.append, clock=lambda: now[0])
    for _ in range(LINES_AT_ONCE * 3):
        loud.hear(b"WARNING again")

    assert len(shown) == LINES_AT_ONCE + 1
    assert shown[-1] == "web: … more of this in its log"

    now[0] += LINES_PERIOD_SECONDS
    loud.hear(b"WARNING later")
    assert shown[-1] == "web: WARNING later"
