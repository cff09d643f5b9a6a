"""A form that becomes a body, and the way back from a fault to its input."""

from portal.domain.entry_form import EntryField, body_of, input_of, read_entry
from portal.domain.health_form import APPLICATION, RENEWAL, application_body, renewal_body

NAMES = (
    EntryField("name_ar", path="worker.name.ar"),
    EntryField("name_en", path="worker.name.en"),
    EntryField("centre"),
)


def inputs_of(*places):
    return [input_of(one, NAMES) for one in places]


def test_a_field_stands_at_its_place_in_the_body_and_an_empty_one_is_left_out():
    typed = read_entry(NAMES, {"name_ar": " علي ", "centre": "c"})

    assert body_of(NAMES, typed) == {"worker": {"name": {"ar": "علي"}}, "centre": "c"}


def test_the_object_around_an_empty_field_is_there():
    assert body_of(NAMES, read_entry(NAMES, {})) == {"worker": {"name": {}}}


def test_a_fault_leads_to_its_input_and_a_fault_of_an_object_to_the_first():
    assert inputs_of("worker.name.en", "centre") == ["name_en", "centre"]
    assert inputs_of("worker.name", "worker") == ["name_ar", "name_ar"]
    assert inputs_of("elsewhere") == [""]


def test_lines_of_a_browser_end_with_one_sign():
    assert read_entry(NAMES, {"name_ar": "a\r\nb"})["name_ar"] == "a\nb"


def test_an_establishment_names_the_municipality_and_a_worker_without_one_names_his_own():
    blank = read_entry(APPLICATION, {"municipality": "saihat"})

    assert application_body(blank)["establishment"] is None
    assert application_body(blank)["municipality"] == "saihat"
    placed = application_body({**blank, "licence_no": "144804000017"})
    assert placed["establishment"] == {"licence_no": "144804000017"}
    assert "municipality" not in placed


def test_the_certificate_of_a_renewal_stands_in_the_path_only():
    typed = read_entry(RENEWAL, {"certificate_no": "1448048000017", "centre": "c"})

    assert renewal_body(typed) == {"establishment": None, "centre": "c"}
