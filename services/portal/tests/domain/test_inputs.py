"""What was typed into the inputs of a form."""

from portal.domain.inputs import read_input, read_inputs


def test_blanks_around_an_input_are_cut_off_and_an_input_that_is_not_there_is_empty():
    assert read_inputs({"name": " مريم ", "other": "x"}, ("name", "note")) == {
        "name": "مريم",
        "note": "",
    }


def test_a_line_ends_with_one_sign_however_the_browser_ends_it():
    assert read_input({"note": "one\r\ntwo\r\n"}, "note") == "one\ntwo"
