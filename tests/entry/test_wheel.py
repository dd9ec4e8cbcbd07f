"""The wheel: installed as a user would, into an empty environment, it runs and shows the web app."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.entry.house import DEADLINE_SECONDS, ROOT, House, wait_gone
from tools.make_wheel import build_wheel

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (ROOT / "src" / "sideline" / "web_dist" / "index.html").is_file(),
        reason="the web app is not built: 'make test' builds it",
    ),
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``sideline`` of a fresh environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(folder)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = (folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps")
    lock = ROOT / "requirements" / "run.lock"
    subprocess.run([*pip, "--require-hashes", "--only-binary=:all:", "-r", lock], check=True)
    subprocess.run([*pip, "--no-index", wheel], check=True)
    return folder / "venv" / "bin" / "sideline"


@pytest.fixture
async def house(installed: Path, var: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """It, run by somebody who knows nothing of the checkout."""
    for name in [name for name in os.environ if name.startswith(("SIDELINE_", "PYTHON"))]:
        monkeypatch.delenv(name)
    home = var / "home"
    home.mkdir()
    house = House(
        home / ".local" / "share" / "sideline",
        command=(str(installed), "run"),
        cwd=home,
        env={"HOME": str(home), "PYTHONPATH": "", "SIDELINE_VAR": ""},
    )
    yield house
    await house.tear_down()


async def test_the_installed_wheel_runs_and_shows_the_web_app(house: House) -> None:
    await house.up()
    page = await house.get()

    assert '<div id="root">' in page
    assert house.var.is_dir()
    house.ctrl_c()
    assert await house.ended() == 0
    assert wait_gone(house.pid, DEADLINE_SECONDS)


def test_the_installed_command_knows_its_version(installed: Path) -> None:
    said = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True).stdout

    assert said.startswith("Sideline ")
    assert shutil.which("sideline", path=str(installed.parent)) == str(installed)
