"""What was typed into the inputs of a form."""

import pytest

from portal.domain.inputs import read_input, read_inputs
from portal.domain.licence_form import read_form

USUAL_WRITINGS = (
    "0507654321",
    "050 765 4321",
    "+966 50 765 4321",
    "00966507654321",
    "966507654321",
    "050-765-4321",
    "٠٥٠ ٧٦٥ ٤٣٢١",
    "٠٥٠٧٦٥٤٣٢١",
    "507654321",
)


def test_blanks_around_an_input_are_cut_off_and_an_input_that_is_not_there_is_empty():
    assert read_inputs({"name": " مريم ", "other": "x"}, ("name", "note")) == {
        "name": "مريم",
        "note": "",
    }


def test_a_line_ends_with_one_sign_however_the_browser_ends_it():
    assert read_input({"note": "one\r\ntwo\r\n"}, "note") == "one\ntwo"


@pytest.mark.parametrize("written", USUAL_WRITINGS)
@pytest.mark.parametrize("name", ["mobile", "owner-mobile", "manager-mobile"])
def test_a_mobile_is_read_however_people_write_it(name, written):
    assert read_input({name: f" {written} "}, name) == "0507654321"


@pytest.mark.parametrize("written", USUAL_WRITINGS)
def test_a_mobile_in_the_form_of_a_licence_is_read_however_people_write_it(written):
    assert read_form(lambda name: written)["owner-mobile"] == "0507654321"


@pytest.mark.parametrize("written", ["", "12", "0138381234", "+49 170 1234567", "بلا", "0" * 400])
def test_what_is_no_mobile_stays_as_it_is_typed_for_the_service_to_refuse(written):
    assert read_input({"mobile": written}, "mobile") == written


def test_a_number_in_any_other_input_stays_as_it_is_typed():
    assert read_input({"note": "050 765 4321"}, "note") == "050 765 4321"
