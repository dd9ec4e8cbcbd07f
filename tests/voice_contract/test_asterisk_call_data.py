"""What variables tell of a call: the newest value stays, in whichever order requests and events come."""

from sideline.voice.asterisk.call_data import CallData, fields_told

LINE = "1795707140.5"


def test_a_request_that_was_begun_before_an_event_changes_nothing_of_what_that_said() -> None:
    data = CallData()
    begun = data.moment()
    assert data.note(LINE, {"result_code": "SALE"}, data.moment())
    assert data.note(LINE, {"result_code": "NONE", "campaign": "Autumn"}, begun)
    assert data.of(LINE) == {"result_code": "SALE", "campaign": "Autumn"}


def test_of_two_requests_the_one_begun_last_is_right_whichever_is_answered_first() -> None:
    for order in ((0, 1), (1, 0)):
        data = CallData()
        answers = [({"campaign": value}, data.moment()) for value in ("Spring", "Autumn")]
        for each in order:
            data.note(LINE, *answers[each])
        assert data.of(LINE) == {"campaign": "Autumn"}


def test_a_value_that_is_told_again_and_one_that_is_emptied_are_no_news() -> None:
    data = CallData()
    assert data.note(LINE, {"campaign": "Autumn"}, data.moment())
    assert not data.note(LINE, {"campaign": "Autumn"}, data.moment())
    assert not data.note(LINE, {"campaign": ""}, data.moment())
    assert data.of(LINE) == {"campaign": "Autumn"}


def test_only_lines_that_are_there_are_remembered() -> None:
    data = CallData()
    for line in ("gone", "there"):
        data.note(line, {"campaign": "Autumn"}, data.moment())
    data.keep({"there": None})
    assert (data.of("gone"), data.of("there")) == ({}, {"campaign": "Autumn"})


def test_a_variable_that_others_inherit_is_the_same_and_one_that_only_ends_alike_is_not() -> None:
    variables = {"campaign": "CAMPAIGN", "list_name": "CAMPAIGN", "result_code": "RESULT"}
    for told in ("CAMPAIGN", "_CAMPAIGN", "__CAMPAIGN"):
        assert fields_told(variables, told) == ["campaign", "list_name"]
    for told in ("OLD_CAMPAIGN", "___CAMPAIGN", "campaign", "RESULTS", ""):
        assert fields_told(variables, told) == []
