"""The form of an application for a licence becomes the body of the contract, and the other way round."""

import pytest

from portal.domain.licence_applications import last_day, missing_by, who_acts
from portal.domain.licence_form import (
    INPUTS,
    SECTIONS,
    STEPS,
    activities_of,
    application_of,
    base_of,
    fee_question,
    fill_in,
    input_of_fault,
    inputs_of,
    merge_step,
    moved,
    open_sections_of,
    place_in_form,
    read_draft,
    read_form,
    renewal_of,
    sections_of,
    step_after,
    step_of_input,
    typed_of,
)

PLACES = frozenset(("سيهات", "سيهات|الكوثر"))
FORM = {
    "kind": "shop",
    "activities": [{"code": "960112", "main": False}, {"code": "960111", "main": True}],
    "years": 1,
    "establishment": {"unified_number": "7000000005", "trade_name": {"ar": "مغسلة"}, "size": "micro"},
    "owner": {"name": "س ص", "id_type": "iqama", "id_number": "2000000006", "mobile": "0500000001", "language": "en"},
    "area_m2": 45.5,
    "place": {"town": "سيهات", "district": "الكوثر", "latitude": 26.4834, "longitude": 50.0},
    "lease": None,
    "workers": 0,
}  # fmt: skip


def typed(**inputs):
    return read_form(lambda name: inputs.get(name.replace("-", "_").replace(".", "_"), ""))


def test_a_form_that_was_sent_is_typed_and_sent_again_unchanged():
    main_first = sorted(FORM["activities"], key=lambda one: not one["main"])

    sent = application_of(typed_of(FORM, PLACES))

    assert sent == {**{k: v for k, v in FORM.items() if v is not None}, "activities": main_first}


def test_an_empty_form_still_asks_for_owner_and_place():
    assert application_of(typed()) == {"owner": {}, "place": {}}


def test_a_group_of_which_nothing_was_typed_is_left_out():
    body = application_of(typed(sign_text="مغسلة"))

    assert body["sign"] == {"text": "مغسلة"}
    assert "lease" not in body
    assert "establishment" not in body


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("٤٥", 45.0), ("45.5", 45.5), ("٤٥٫٥", 45.5), ("1,5", "1,5"), ("nan", "nan"), ("1e9", "1e9"),
        ("-٣", -3.0), ("--3", "--3"),
    ],
)  # fmt: skip
def test_a_number_of_either_digits_is_a_number_and_anything_else_stays_text(text, value):
    assert application_of(typed(area_m2=text))["area_m2"] == value


def test_activities_move_together_and_the_first_is_the_main_one():
    shown = typed(activity_1="960112", activity_3="960113")

    assert (shown["activity-0"], shown["activity-1"], shown["activity-2"]) == (
        "960112",
        "960113",
        "",
    )
    assert [one["main"] for one in application_of(shown)["activities"]] == [True, False]


def test_a_district_that_the_list_lacks_is_typed_beside_the_town():
    form = {**FORM, "place": {**FORM["place"], "district": "حي جديد"}}
    shown = typed_of(form, PLACES)

    assert (shown["place"], shown["place-district"]) == ("سيهات", "حي جديد")
    assert application_of(shown)["place"]["district"] == "حي جديد"


@pytest.mark.parametrize("kept", [None, [], "x", {"kind": ["shop"], "years": 1, "foreign": "x"}])
def test_what_no_page_wrote_into_a_draft_is_left_out(kept):
    read = read_draft({"typed": kept, "again": "1&draft=x"})

    assert set(read.values()) == {""}
    assert "foreign" not in read


def test_what_the_person_left_alone_is_taken_from_the_draft_and_a_point_stays_whole():
    shown = typed(area_m2="45", place_latitude="26.5", place_longitude="50.0")
    sent = {**shown, "place-latitude": "26.6", "lease-ejar_no": ""}
    present = {**shown, "lease-ejar_no": "104", "area_m2": "50", "place-longitude": "50.1"}

    merged = merge_step("place", base_of("place", shown), sent, present)

    assert (merged["area_m2"], merged["lease-ejar_no"]) == ("50", "104")
    assert (merged["place-latitude"], merged["place-longitude"]) == ("26.6", "50.0")
    assert merge_step("place", "", sent, present) == sent


def test_a_renewal_has_only_what_it_may_change():
    assert renewal_of(typed(years="2", workers="3", owner_name="x", kind="shop")) == {
        "years": 2,
        "workers": 3,
    }


def test_a_move_forgets_the_old_place_and_names_the_licence():
    shown = moved(typed_of(FORM, PLACES), "144804000017")

    assert shown["replaces_licence_no"] == "144804000017"
    assert (shown["place"], shown["area_m2"], shown["place-latitude"]) == ("", "", "")
    assert shown["establishment-trade_name-ar"] == "مغسلة"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("owner.id_number", "owner-id_number"), ("establishment.trade_name.ar", "establishment-trade_name-ar"),
        ("establishment", "establishment-unified_number"), ("lease", "lease-ejar_no"),
        ("activities", "activity-0"), ("activities.2.code", "activity-2"), ("activities.2", "activity-2"),
        ("place", "place"), ("place.town", "place"), ("place.district", "place-district"), ("years", "years"),
        ("licence_no", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_fault_leads_to_its_input(path, name):
    assert input_of_fault(path) == name


def test_a_condition_leads_to_the_part_that_names_its_paper():
    assert sections_of(["lease-term", "civil-defence", "health-certificates"]) == {
        "lease",
        "safety",
    }


def test_the_fee_is_asked_for_once_everything_is_known_that_it_depends_on():
    whole = typed_of(FORM, PLACES) | {"sign-width_m": "2", "sign-height_m": "1.5"}

    assert fee_question(fill_in({"kind": "shop"})) is None
    assert fee_question(whole) == {
        "activity": "960111", "town": "سيهات", "area_m2": "45.5", "years": "1", "kind": "shop", "sign_m2": "3",
    }  # fmt: skip


def application(status="waiting", *missing, ends_on="2026-12-01", review_until=None):
    lacking = [{"by": by} for by in missing]
    return {"status": status, "missing": lacking, "ends_on": ends_on, "review_until": review_until}


@pytest.mark.parametrize(
    ("application", "actor"),
    [
        (application("waiting", "outside_body", "applicant"), "applicant"),
        (application("waiting", "outside_body"), "outside_body"),
        (application("waiting", "municipality"), "municipality"),
        (application("waiting", "court"), "municipality"),
        (application("returned"), "applicant"),
        (application("awaiting_payment"), "applicant"),
        (application("submitted"), "municipality"),
        (application("in_review", "municipality"), "municipality"),
        (application("inspection"), "municipality"),
        (application("refused", "applicant"), "none"),
    ],
)
def test_who_owes_something_acts_before_anybody_else(application, actor):
    assert who_acts(application) == actor


def test_the_last_day_is_that_of_who_acts_next():
    assert last_day(application("returned")) == "2026-12-01"
    assert last_day(application("in_review", review_until="2026-12-20")) == "2026-12-20"


def test_a_word_that_is_not_known_yet_counts_as_the_municipalitys():
    assert missing_by(application("waiting", "court"), "municipality") == [{"by": "court"}]


def test_every_part_and_every_input_stands_in_one_step():
    parts = [name for names in STEPS.values() for name in names]
    inputs = [name for step in STEPS for name in inputs_of(step)]

    assert sorted(parts) == sorted(SECTIONS)
    assert sorted(inputs) == sorted(INPUTS)


def test_the_inputs_follow_each_other_as_on_the_pages_of_the_steps():
    names = [
        "workers",
        "area_m2",
        "years",
        "place",
        "owner-name",
        "activity-1",
        "sign-text",
        "kind",
    ]

    assert sorted(names, key=place_in_form) == [
        *("kind", "activity-1", "years", "sign-text", "place", "area_m2", "owner-name", "workers"),
    ]


def test_a_fault_leads_to_the_step_of_its_input():
    assert step_of_input("activity-3") == "activity"
    assert step_of_input("place") == step_of_input("lease-ends_on") == "place"
    assert step_of_input("owner-mobile") == "people"
    assert [step_after(step) for step in STEPS] == ["place", "people", None]


def test_what_is_seldom_needed_is_folded_until_something_stands_in_it():
    shop, office = (fill_in({"kind": kind}) for kind in ("shop", "engineering_office"))

    assert open_sections_of("activity", shop) == {"licence"}
    assert open_sections_of("activity", office) == {"licence", "engineering"}
    assert "sign" in open_sections_of("activity", shop | {"sign-text": "مغسلة"})
    assert "manager" not in open_sections_of("people", shop)


def test_an_activity_that_is_chosen_twice_has_one_main_one():
    """The repetition is its only fault."""
    twice = activities_of(["960111", "960111"])["activities"]

    assert [one["main"] for one in twice] == [True, False]
