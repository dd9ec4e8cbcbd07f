"""What channel variables tell of calls, by the line that has them. Pure.

They are read by requests and told by events. A request is answered after
events that are newer than what it says, so each value has the moment at which
it was certainly true: when the event came, when the request was begun.
"""

from collections.abc import Mapping


class CallData:
    """The newest value of each field of :class:`~sideline.voice.engine.PbxCall` that a line's variables tell."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, str]] = {}
        self._moments: dict[str, dict[str, int]] = {}
        self._moment = 0

    def moment(self) -> int:
        """Return a moment that is after all others until now."""
        self._moment += 1
        return self._moment

    def note(self, line: str, values: Mapping[str, str], moment: int) -> bool:
        """Take values that were true at a moment, unless newer ones are known; return whether any is another now.

        An empty one says nothing: what was told of a call stays.
        """
        known, moments = self._values.get(line, {}), self._moments.get(line, {})
        newer = {field: value for field, value in values.items() if value and moments.get(field, 0) < moment}
        if not newer:
            return False
        self._moments[line] = moments | dict.fromkeys(newer, moment)
        self._values[line] = known | newer
        return self._values[line] != known

    def of(self, line: str) -> Mapping[str, str]:
        """Return what is known of a line's call."""
        return self._values.get(line, {})

    def forget(self, line: str) -> None:
        """Forget a line."""
        self._values.pop(line, None)
        self._moments.pop(line, None)

    def keep(self, lines: Mapping[str, object]) -> None:
        """Forget every line but these."""
        for line in self._values.keys() - lines.keys():
            self.forget(line)


def fields_told(variables: Mapping[str, str], variable: str) -> list[str]:
    """Return the fields that a variable tells, ``variables`` being their names by field.

    One that other channels inherit is set with one or two underscores before its name.
    """
    return [
        field
        for field, name in variables.items()
        if variable == name or (variable.endswith(name) and variable.removesuffix(name) in ("_", "__"))
    ]
