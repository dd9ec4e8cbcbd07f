"""A bad network, the same every time."""

from random import Random


class BadWeather:
    """Loses a share of the packets and delays the others at random (which also reorders them)."""

    def __init__(self, seed: int, *, loss: float = 0.05, jitter: float = 0.04) -> None:
        self._random = Random(seed)
        self._loss = loss
        self._jitter = jitter

    def delay(self) -> float | None:
        if self._random.random() < self._loss:
            return None
        return self._random.uniform(0, self._jitter)
