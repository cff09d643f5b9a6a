"""The draft of a report and the body that is made of it."""

import pytest

from portal.catalogue import places, report_kinds
from portal.domain import report_form
from portal.domain.report_form import ReportDraft, SentPhoto

BLANK = ReportDraft(submission_id="0195ff10-4d00-7b22-9d3f-0000000000ab")
POTHOLE = report_kinds()["pothole"]
FILED = {"report_number": "1448000001"}


def photo(name="a", digest="d", position=None):
    return SentPhoto(name, "k" * 22, f"{name}.jpg", digest, position)


def typed(**changes):
    return report_form.enter_details(changes)(BLANK)


def entered(**changes):
    return report_form.choose_kind("pothole")(typed(**changes))


def sent(draft):
    return report_form.submission_of(draft, report_form.report_body(draft, POTHOLE, "ar")[0])


def body(**changes):
    return report_form.report_body(typed(**changes), POTHOLE, "ar")


def test_a_draft_is_read_as_it_was_written():
    draft = report_form.add_photo(photo(position=(26.5, 50.0)))(typed(name="علي"))

    assert ReportDraft.read(draft.record()) == draft


def test_a_photo_that_is_sent_twice_is_one_photo():
    once = report_form.add_photo(photo("a"))(BLANK)

    assert report_form.add_photo(photo("b"))(once) == once
    assert len(report_form.add_photo(photo("b", digest="e"))(once).photos) == 2


def test_a_draft_has_at_most_ten_photos():
    draft = BLANK
    for number in range(12):
        draft = report_form.add_photo(photo(str(number), digest=str(number)))(draft)

    assert len(draft.photos) == 10


def test_what_changes_makes_the_preview_void():
    draft = report_form.keep_preview(BLANK, {"similar": []})(BLANK)

    assert report_form.enter_details({"name": "x"})(draft).preview is None
    assert report_form.choose_kind("litter")(draft).preview is None


def test_a_preview_of_what_changed_meanwhile_is_not_kept():
    changed = typed(name="علي")

    assert report_form.keep_preview(BLANK, {"similar": []})(changed) == changed


def test_another_kind_keeps_what_was_typed():
    draft = report_form.enter_details({"extra-depth": "deep"})(typed(name="علي"))

    assert report_form.choose_kind("litter")(draft).typed == draft.typed


def test_a_filed_report_leaves_nothing_of_the_person():
    draft = report_form.add_photo(photo())(entered(name="علي", mobile="0500000001"))

    left = report_form.note_filing(sent(draft), POTHOLE, FILED)(draft)

    assert (left.photos, left.typed, left.sent) == ((), {}, None)
    assert not left.has_unsent_changes


@pytest.mark.parametrize(
    "change",
    [
        report_form.enter_details({"name": "غيره"}),
        report_form.choose_kind("litter"),
        report_form.add_photo(photo()),
    ],
)
def test_a_change_behind_the_sending_is_noted_with_the_filing(change):
    draft = entered(name="علي")

    left = report_form.note_filing(sent(draft), POTHOLE, FILED)(change(draft))

    assert (left.filed, left.has_unsent_changes) == (FILED, True)


def test_a_draft_of_another_submission_is_neither_sent_nor_filed():
    body = {**sent(entered()), "submission_id": "0195ff10-4d00-7b22-9d3f-0000000000ac"}

    assert report_form.begin_sending(body)(BLANK) == BLANK
    assert report_form.note_filing(body, POTHOLE, FILED)(BLANK) == BLANK


def test_a_second_answer_to_the_same_submission_changes_nothing():
    draft = entered(name="علي")
    note = report_form.note_filing(sent(draft), POTHOLE, FILED)

    assert note(note(draft)) == note(draft)


def test_the_first_body_stays_until_its_own_refusal():
    first, second = sent(entered(description="one")), sent(entered(description="two"))
    draft = report_form.begin_sending(second)(report_form.begin_sending(first)(BLANK))

    assert draft.sent == first
    assert report_form.note_refusal(second)(draft).sent == first
    assert report_form.note_refusal(first)(draft).sent is None


def test_the_body_has_the_shape_of_the_contract():
    made, faults = body(
        description="حفرة",
        place="سيهات|النسيم",
        latitude="٢٦٫٤٨٣٤",
        longitude=" 50.0468 ",
        name="علي",
        mobile="0500000001",
    )

    assert faults == []
    assert made == {
        "category": "pothole",
        "description": "حفرة",
        "location": {
            "town": "سيهات",
            "district": "النسيم",
            "latitude": 26.4834,
            "longitude": 50.0468,
        },
        "reporter": {"name": "علي", "mobile": "0500000001"},
        "language": "ar",
        "extra": {},
    }


@pytest.mark.parametrize("written", ["here", "nan", "inf", "1e999", "26,4834"])
def test_a_coordinate_that_is_no_number_is_a_fault_and_left_out(written):
    made, faults = body(place="سيهات", latitude=written, longitude="50.0468")

    assert [(one.field, one.code) for one in faults] == [("location.latitude", "number")]
    assert made["location"] == {"town": "سيهات"}


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ({"latitude": "999", "longitude": "50"}, ("location.latitude", "degrees", 90)),
        ({"latitude": "26.4", "longitude": "-180.5"}, ("location.longitude", "degrees", 180)),
    ],
)
def test_a_coordinate_beyond_the_globe_says_between_which_numbers_it_lies(written, fault):
    made, [found] = body(**written)

    assert (found.field, found.code, found.params["limit"]) == fault
    assert made["location"] == {}


def test_without_a_readable_coordinate_nobody_is_told_that_the_place_is_missing():
    _, local = body(latitude="here")
    found = [{"field": "location"}, {"field": "description"}]

    assert report_form.needed_faults(found, local) == [{"field": "description"}]
    assert report_form.needed_faults(found, []) == found


def test_each_question_of_each_kind_is_answered_in_its_shape():
    rubble, facade = report_kinds()["construction-rubble"], report_kinds()["facade-poor"]
    draft = typed(**{"extra-volume": "truck", "extra-seen": ["a", ""]})

    assert report_form.report_body(draft, rubble, "ar")[0]["extra"] == {"volume": "truck"}
    assert report_form.report_body(draft, facade, "ar")[0]["extra"] == {"seen": ["a"]}


def test_the_moment_of_a_browser_is_a_moment_in_riyadh():
    draft = typed(**{"extra-seen_at": "2026-11-29T10:00"})

    made, _ = report_form.report_body(draft, report_kinds()["spoiled-food"], "ar")

    assert made["extra"] == {"seen_at": "2026-11-29T10:00:00+03:00"}


def test_a_photos_position_is_proposed_until_the_person_saw_the_fields():
    far = report_form.add_photo(photo("a", "a", (21.5, 39.2)))(BLANK)
    near = report_form.add_photo(photo("b", "b", (26.4834, 50.0468)))(far)

    assert report_form.propose_position(far) == {}
    assert report_form.propose_position(near) == {
        "latitude": "26.483400",
        "longitude": "50.046800",
    }
    assert report_form.propose_position(report_form.enter_details({"latitude": ""})(near)) == {}


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("location", "place"),
        ("location.district", "place"),
        ("location.longitude", "longitude"),
        ("reporter.mobile", "mobile"),
        ("extra.seen.0", "extra-seen"),
        ("photos", ""),
    ],
)
def test_a_fault_leads_to_its_input(field, name):
    assert report_form.input_of_field(field) == name


def test_every_choice_of_a_place_is_a_town_or_a_district_of_it():
    for _, choices in places():
        town = choices[0][0]
        assert all(code == town or code.startswith(f"{town}|") for code, _ in choices)
