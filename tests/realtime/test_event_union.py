"""Every event of every slice is in the union that the web app is compiled against."""

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec

import sideline
from sideline.kit.event_log import Event
from sideline.realtime.event_union import EVENT_TYPES, AnyEvent


def concrete(kind: type[Event]) -> Iterator[type[Event]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("sideline.") and each.__struct_config__.tag is not None:
            yield each
        yield from concrete(each)


def test_every_event_of_the_slices_is_in_the_union():
    for module in pkgutil.walk_packages(sideline.__path__, "sideline."):
        if module.name.endswith(".events"):
            importlib.import_module(module.name)
    # A tag inherited from nowhere is the class's name: such a class is only a base of others.
    told = {kind for kind in concrete(Event) if "." in str(kind.__struct_config__.tag)}
    assert told == set(EVENT_TYPES)


def test_no_two_events_share_a_type_or_a_name():
    assert len({kind.__struct_config__.tag for kind in EVENT_TYPES}) == len(EVENT_TYPES)
    assert len({kind.__name__ for kind in EVENT_TYPES}) == len(EVENT_TYPES)
    msgspec.json.Decoder(AnyEvent)


def test_no_event_has_a_member_that_the_wire_adds():
    for kind in EVENT_TYPES:
        assert not {"at", "type"} & set(kind.__struct_fields__), kind
