"""The built-in PostgreSQL: which server runs, who may reach it, what a crash leaves."""

import os
import shutil
import signal
import socket
import stat
from pathlib import Path

import asyncpg
import pytest

from sideline.entry.prepare import reach
from sideline.kit.postgres import Postgres, PostgresFault
from sideline.kit.postgres_binaries import Binaries, choose_binaries, installed_binaries
from sideline.kit.postgres_leftover import processes_in


def server(major: int, origin: str = "machine") -> Binaries:
    return Binaries(directory=Path(f"/{origin}/{major}"), major=major, origin=origin)


WHEEL = [server(18, "wheel"), server(16, "wheel")]


def test_a_server_of_the_machine_is_used_before_the_one_of_the_wheel() -> None:
    assert choose_binaries([server(15), *WHEEL], None).origin == "machine"


def test_a_server_of_the_machine_that_is_too_old_is_passed_over() -> None:
    assert choose_binaries([server(14), *WHEEL], None) == WHEEL[0]


def test_data_that_exist_decide_the_version() -> None:
    assert choose_binaries([server(17), *WHEEL], 18) == WHEEL[0]


def test_data_of_a_version_that_is_gone_are_left_alone_with_a_line_that_says_what_to_install() -> None:
    with pytest.raises(PostgresFault, match=r"PostgreSQL 17.*apt install postgresql-17.*Nothing was changed"):
        choose_binaries([server(15), *WHEEL], 17)


def test_no_server_at_all_is_one_line_with_the_three_ways_out() -> None:
    with pytest.raises(PostgresFault, match=r"make run.*apt install postgresql.*SIDELINE_DATABASE_URL"):
        choose_binaries([server(13)], None)


def test_the_wheel_brings_a_server() -> None:
    assert 18 in [found.major for found in installed_binaries() if found.origin == "wheel"]


def test_an_entry_of_path_that_cannot_be_looked_into_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"/{'x' * 5000}{os.pathsep}{os.environ['PATH']}")

    assert installed_binaries()


async def kept_rows(postgres: Postgres) -> int:
    connection = await asyncpg.connect(postgres.url())
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
    await connection.execute("INSERT INTO kept VALUES (1)")
    count = await connection.fetchval("SELECT count(*) FROM kept")
    await connection.close()
    return int(count)


@pytest.mark.parametrize("origin", ["machine", "wheel"])
async def test_every_server_keeps_the_data_over_a_stop(var: Path, origin: str) -> None:
    choice = [found for found in installed_binaries() if found.origin == origin and found.major >= 15]
    if not choice:
        pytest.skip(f"no PostgreSQL of the {origin} here")
    postgres = Postgres(var / "pg", binaries=choice)
    for times in (1, 2):
        await postgres.start()
        assert await kept_rows(postgres) == times
        await postgres.stop()


async def test_only_this_user_reaches_the_server_and_not_over_the_network(var: Path) -> None:
    postgres = Postgres(var / "pg", fast=True)
    await postgres.start()
    try:
        connection = await asyncpg.connect(postgres.url())
        assert await connection.fetchval("SHOW listen_addresses") == ""
        assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        await connection.close()
        for folder in (postgres.folder, postgres.data, postgres.socket_folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    finally:
        await postgres.stop()


async def test_nothing_outside_the_data_folder_gets_other_permissions(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    postgres = Postgres(closed / "pg", fast=True)
    await postgres.start()
    await postgres.stop()

    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == os.geteuid()


async def test_programs_and_data_may_both_lie_where_only_their_owner_can_go(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = next(found for found in installed_binaries() if found.origin == "wheel")
    package = wheel.directory.parents[1]
    shutil.copytree(package, closed / package.name, ignore=shutil.ignore_patterns("include", "pginstall", "*.py"))
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    copied = Binaries(directory=closed / wheel.directory.relative_to(package.parent), major=wheel.major, origin="wheel")
    postgres = Postgres(closed / "pg", fast=True, binaries=[copied])
    await postgres.start()
    try:
        assert await kept_rows(postgres) == 1
    finally:
        await postgres.stop()


async def test_a_path_too_long_for_a_socket_works_and_stays_private(var: Path) -> None:
    postgres = Postgres(var / ("deep" * 20) / ("deeper" * 10) / "pg", fast=True)
    await postgres.start()
    try:
        assert await kept_rows(postgres) == 1
        assert stat.S_IMODE(postgres.socket_folder.stat().st_mode) == 0o700
    finally:
        await postgres.stop()
        postgres.socket_folder.rmdir()


async def test_a_lock_file_with_the_number_of_some_other_process_is_no_obstacle(var: Path) -> None:
    postgres = Postgres(var / "pg")
    await postgres.start()
    assert await kept_rows(postgres) == 1
    pid = postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await postgres.wait()
    lock = postgres.data / "postmaster.pid"
    lock.write_text("\n".join([str(os.getppid()), *lock.read_text().splitlines()[1:]]) + "\n")

    again = Postgres(var / "pg")
    await again.start()
    try:
        assert await kept_rows(again) == 2
    finally:
        await again.stop()


async def test_a_server_that_outlived_its_run_is_stopped_and_the_data_are_kept(var: Path) -> None:
    orphan = Postgres(var / "pg")
    await orphan.start()
    assert await kept_rows(orphan) == 1

    again = Postgres(var / "pg")
    await again.start()
    try:
        assert await orphan.wait() == 0
        assert await kept_rows(again) == 2
    finally:
        await again.stop()
    assert processes_in(again.data) == []


async def test_making_the_cluster_may_be_interrupted_at_any_point(var: Path) -> None:
    half = var / "pg" / "data.unfinished"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    postgres = Postgres(var / "pg", fast=True)
    await postgres.start()
    try:
        assert await kept_rows(postgres) == 1
    finally:
        await postgres.stop()


async def test_a_server_that_does_not_start_says_why_in_one_line(var: Path) -> None:
    postgres = Postgres(var / "pg", fast=True, options={"shared_buffers": "1TB", "huge_pages": "on"})

    with pytest.raises(PostgresFault) as refused:
        await postgres.start()

    assert str(refused.value).startswith("PostgreSQL did not start: ")
    assert "\n" not in str(refused.value)
    assert postgres.pid is None


async def test_a_database_that_cannot_be_reached_is_one_line_with_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    fault = await reach(f"postgresql://nobody@127.0.0.1:{port}/none")

    assert "SIDELINE_DATABASE_URL cannot be reached" in fault
    assert "\n" not in fault
