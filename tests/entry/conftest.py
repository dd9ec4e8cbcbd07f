"""A ``sideline run`` for each test that asks for one, on a data folder with a short path."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.entry.house import House


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sideline-run-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def new_house(var: Path) -> AsyncIterator[Callable[..., House]]:
    houses: list[House] = []

    def make(**env: str) -> House:
        houses.append(House(var, env=env))
        return houses[-1]

    yield make
    for house in reversed(houses):
        await house.tear_down()


@pytest.fixture
async def house(new_house: Callable[..., House]) -> House:
    """One that is up."""
    return await new_house().up()
