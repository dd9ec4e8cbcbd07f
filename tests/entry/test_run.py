"""``sideline run``: starting, staying and stopping, with real processes and a real PostgreSQL."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sideline.entry.run import SAME_SIGNAL_SECONDS
from sideline.kit.postgres_leftover import processes_in
from tests.entry.house import House, seconds_since, wait_gone

NewHouse = Callable[..., House]


async def test_each_step_is_shown_and_then_where_to_go_and_how_to_get_in(house: House) -> None:
    said = "\n".join(house.lines)

    assert [line.split(" (")[0] for line in house.lines if line.startswith("✓")] == [
        "✓ Database",
        "✓ Data and demo organisation",
        "✓ Processes: web, voice, worker",
        "✓ Demo calls",
    ]
    assert f"running at  http://127.0.0.1:{house.port}" in said
    assert "sam  password  secret   (supervisor)" in said
    assert f"http://127.0.0.1:{house.port}/c/support" in said
    assert await house.get() == str(house.child("web"))


async def test_one_switch_leaves_the_demo_out(new_house: NewHouse) -> None:
    house = await new_house(SIDELINE_DEMO="0").up()

    assert not (house.var / "demo.pid").exists()


async def test_on_a_persons_own_asterisk_it_says_where_it_is_attached_and_that_no_bot_is_started_there(
    new_house: NewHouse,
) -> None:
    house = await new_house(SIDELINE_VOICE="asterisk", SIDELINE_ASTERISK="http://me:secret@10.1.2.3:8088/ari").up()
    said = "\n".join(house.lines)

    assert "Follows the calls of the Asterisk at 10.1.2.3:8088" in said
    assert "none of them is started on your Asterisk" in said
    assert "secret@" not in said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SIDELINE_VOICE": "asterisk"}, "set it to the address of your Asterisk's ARI"),
        ({"SIDELINE_VOICE": "freeswitch"}, "SIDELINE_VOICE is 'freeswitch': set it to webrtc or asterisk."),
        (
            {"SIDELINE_VOICE": "asterisk", "SIDELINE_ASTERISK": "10.1.2.3:8088/ari:hidden"},
            "SIDELINE_ASTERISK can't be used: An ARI address looks like http://user:password@pbx.example.com:8088/ari. "
            "Nothing was started or changed.",
        ),
        (
            {
                "SIDELINE_VOICE": "asterisk",
                "SIDELINE_ASTERISK": "http://me:hidden@10.1.2.3:8088/ari",
                "SIDELINE_ASTERISK_AMI": "me:hidden@10.1.2.3",
            },
            "SIDELINE_ASTERISK_AMI can't be used: An AMI address looks like user:password@pbx.example.com:5038.",
        ),
    ],
)
async def test_a_voice_engine_that_cannot_be_started_is_one_line_before_anything_is_made(
    new_house: NewHouse, settings: dict[str, str], words: str
) -> None:
    house = new_house(**settings)
    await house.start()

    assert await house.ended() == 1
    [line] = house.lines
    assert words in line
    assert "hidden" not in line
    assert not (house.var / "run.lock").exists()


async def test_ctrl_c_stops_everything_in_order(house: House) -> None:
    children = house.children()

    house.ctrl_c()

    assert await house.ended() == 0
    assert (house.var / "left").read_text().split() == ["demo", "web", "voice", "worker"]
    assert all(wait_gone(pid, 0) for pid in children)
    assert processes_in(house.var / "postgres" / "data") == []
    assert house.lines[-1] == "Stopped."


async def test_a_process_that_does_not_stop_is_killed_when_its_time_is_over(new_house: NewHouse, var: Path) -> None:
    (var / "voice.stubborn").touch()
    house = await new_house().up()
    voice = house.child("voice")

    house.ctrl_c()

    assert await house.ended() == 0
    assert wait_gone(voice, 0)
    assert (var / "left").read_text().split() == ["demo", "web", "worker"]


async def test_a_second_ctrl_c_does_not_wait_for_the_stubborn(new_house: NewHouse, var: Path) -> None:
    for name in ("demo", "web", "voice", "worker"):
        (var / f"{name}.stubborn").touch()
    house = await new_house().up()
    began = time.monotonic()

    house.ctrl_c()
    await house.line("Stopping")
    house.ctrl_c()
    assert await house.stays_for(2 * SAME_SIGNAL_SECONDS), "one Ctrl-C that arrives twice is no second one"
    house.ctrl_c()

    assert await house.ended() == 0
    assert seconds_since(began) < 4.0
    assert processes_in(var / "postgres" / "data") == []


async def test_a_crashed_process_starts_again_with_one_line_and_nobody_is_refused(house: House) -> None:
    before = house.child("web")

    os.kill(before, signal.SIGKILL)
    line = await house.line("web")
    answer = await house.get()

    assert line.startswith("web was ended by SIGKILL; starting it again in 0.2 s")
    assert str(house.var / "log" / "web.log") in line
    assert answer == str(house.child("web")) != str(before)


async def test_a_process_that_never_starts_ends_the_run_and_names_its_log(new_house: NewHouse, var: Path) -> None:
    (var / "worker.crash").touch()
    house = new_house()
    await house.start()

    assert await house.ended() == 1
    assert house.lines[-1].startswith("✗ worker ended with status 3 before it was ready")
    assert str(var / "log" / "worker.log") in house.lines[-1]
    assert "worker: WARNING this one is made to crash" in house.lines
    assert all(wait_gone(pid, 0) for pid in house.children())


async def test_a_demo_that_does_not_start_is_told_and_keeps_nobody_from_working(new_house: NewHouse, var: Path) -> None:
    (var / "demo.crash").touch()
    house = await new_house().up()

    assert any(line.startswith("✗ demo ended with status 3 before it was ready") for line in house.lines)
    assert await house.get() == str(house.child("web"))
    house.ctrl_c()
    assert await house.ended() == 0


async def test_a_busy_port_is_one_line_with_the_port_and_the_setting(new_house: NewHouse) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        house = new_house(SIDELINE_PORT=str(port))
        await house.start()

        assert await house.ended() == 1
    assert house.lines == [
        f"✗ Port {port} is taken by another program: stop it, or choose another port with SIDELINE_PORT={port + 1}."
    ]


async def test_a_second_run_on_the_same_data_is_refused_in_one_line(house: House, new_house: NewHouse) -> None:
    second = new_house()
    await second.start()

    assert await second.ended() == 1
    assert second.lines == [
        f"✗ Sideline is running already on {house.var} (process {house.pid}, http://127.0.0.1:{house.port}): "
        "stop that one first, or set SIDELINE_VAR and SIDELINE_PORT for a second one."
    ]
    assert await house.get() == str(house.child("web"))


async def test_a_setting_that_cannot_be_used_is_one_line(new_house: NewHouse) -> None:
    house = new_house(SIDELINE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    (house.var / "prepare.fault").write_text("The database of SIDELINE_DATABASE_URL cannot be reached.")
    await house.start()

    assert await house.ended() == 1
    assert house.lines == ["✗ The database of SIDELINE_DATABASE_URL cannot be reached."]


async def test_kill_9_of_the_run_takes_its_processes_along_and_the_next_one_finds_the_data(
    house: House, new_house: NewHouse
) -> None:
    children = house.children()

    os.kill(house.pid, signal.SIGKILL)
    await house.ended()

    assert all(wait_gone(pid) for pid in children)
    again = await new_house().up()
    assert await again.get() == str(again.child("web"))


async def test_kill_9_of_the_database_starts_it_again(house: House) -> None:
    server = min(processes_in(house.var / "postgres" / "data"))

    os.kill(server, signal.SIGKILL)

    line = await house.line("postgres")
    assert line.startswith("postgres was ended by SIGKILL; starting it again in 0.2 s")
    house.ctrl_c()
    assert await house.ended() == 0
    assert processes_in(house.var / "postgres" / "data") == []


async def test_several_voice_processes_have_names_of_their_own(new_house: NewHouse) -> None:
    house = await new_house(SIDELINE_VOICE_PROCESSES="2").up()

    assert house.child("voice-1") != house.child("voice-2")
