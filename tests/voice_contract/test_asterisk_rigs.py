"""What a life of the Asterisk engine takes up of what stands in the PBX."""

from sideline.voice.asterisk.names import Names
from sideline.voice.asterisk.rigs import RigBook
from sideline.voice.asterisk.wire import Channel, Dialplan
from sideline.voice.engine import SipPhone

SNOOP = "sideline.s.sara.3.both.none"


def test_a_snoop_that_has_left_our_application_is_not_taken_up() -> None:
    """One on a line without any sound lingers after it was hung up, and can never be put into a bridge."""
    lingering = Channel(SNOOP, "Snoop/1795707140.5-0000000f", "Up")
    book = RigBook(Names())
    assert book.start_over([lingering], []) == [SNOOP]
    assert book.rig("sara").placed == []


def test_a_snoop_in_our_application_is_taken_up() -> None:
    standing = Channel(SNOOP, "Snoop/1795707140.5-0000000f", "Up", dialplan=Dialplan(app_name="Stasis"))
    book = RigBook(Names())
    assert book.start_over([standing], []) == []
    assert [each.id for each in book.rig("sara").placed] == [SNOOP]


def test_a_phone_that_was_given_up_is_not_rung_again_after_a_new_connection_whether_it_stands_or_not() -> None:
    book = RigBook(Names())
    for supervisor in ("sara", "tom"):
        book.rig(supervisor).phone = SipPhone(f"sip:{supervisor}@127.0.0.1", auto_answer=True)
        book.rig(supervisor).is_given_up = True
    assert book.start_over([Channel("sideline.l.sara.0", "PJSIP/sara-00000001", "Up")], []) == []
    assert book.rig("sara").leg
    assert not book.rig("tom").leg
    assert [book.rig(each).is_given_up for each in ("sara", "tom", "ann")] == [True, True, False]


def test_one_that_could_be_reached_is_rung_again_where_nothing_of_it_is_left() -> None:
    book = RigBook(Names())
    book.rig("sara").phone = SipPhone("sip:sara@127.0.0.1", auto_answer=True)
    book.start_over([], [])
    assert book.get("sara") is None
