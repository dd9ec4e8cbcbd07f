"""What a life of the Asterisk engine takes up of what stands in the PBX."""

from sideline.voice.asterisk.rigs import RigBook
from sideline.voice.asterisk.wire import Channel, Dialplan

SNOOP = "sideline.s.sara.3.both.none"


def test_a_snoop_that_has_left_our_application_is_not_taken_up() -> None:
    """One on a line without any sound lingers after it was hung up, and can never be put into a bridge."""
    lingering = Channel(SNOOP, "Snoop/1795707140.5-0000000f", "Up")
    book = RigBook()
    assert book.start_over([lingering], []) == [SNOOP]
    assert book.rig("sara").placed == []


def test_a_snoop_in_our_application_is_taken_up() -> None:
    standing = Channel(SNOOP, "Snoop/1795707140.5-0000000f", "Up", dialplan=Dialplan(app_name="Stasis"))
    book = RigBook()
    assert book.start_over([standing], []) == []
    assert [each.id for each in book.rig("sara").placed] == [SNOOP]
