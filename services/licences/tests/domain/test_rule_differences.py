"""What one version of the rules changes of another."""

from copy import deepcopy
from typing import Any

import pytest

from licences.catalogue import first_rules, municipalities
from licences.domain.rule_differences import ADDED, CHANGED, REMOVED, Difference, find_differences
from saudi.bilingual import Bilingual


def differences(change: Any) -> list[Difference]:
    document = deepcopy(dict(first_rules()))
    change(document)
    return find_differences(first_rules(), document, municipalities())


def activity(document: Any, code: str) -> Any:
    return next(one for one in document["activities"] if one["code"] == code)


def test_the_same_rules_differ_in_nothing() -> None:
    assert differences(lambda document: document.update(version="2027.1")) == []


def test_an_amount_is_shown_in_riyals() -> None:
    (one,) = differences(lambda document: document["fees"][0].update(halalas=40_000))

    assert (one.part, one.code, one.change) == ("fees", "licence-small", CHANGED)
    assert one.before is not None
    assert one.after is not None
    assert (one.before.ar, one.after.en) == ("300.00 ريال", "SAR 400.00")


def test_a_row_that_is_new_or_left_out_shows_all_its_fields() -> None:
    def change(document: Any) -> None:
        late = next(one for one in document["fees"] if one["code"] == "late-renewal")
        document["fees"].remove(late)
        document["fees"].append({**late, "code": "later-renewal", "halalas": 75_000})

    found = differences(change)

    amounts = [
        (one.code, one.change, one.before and one.before.en, one.after and one.after.en)
        for one in found
        if one.field and one.field.en == "Amount"
    ]
    assert amounts == [
        ("later-renewal", ADDED, None, "SAR 750.00"),
        ("late-renewal", REMOVED, "SAR 500.00", None),
    ]
    fields = {one.field.en for one in found if one.field and one.change == ADDED}
    assert fields >= {"Arabic name", "Counted", "Fee classes", "Requests", "Only when late", "From"}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("activities", lambda document: document["activities"].reverse()),
        ("fees", lambda document: document["fees"].reverse()),
        ("activities", lambda document: activity(document, "960111").update(municipalities={})),
    ],
)
def test_documents_that_differ_never_show_nothing(part: str, change: Any) -> None:
    (one,) = differences(change)

    assert (one.part, one.change, one.after) == (part, CHANGED, Bilingual("…", "…"))


def test_the_terms_of_a_municipality_are_shown_with_its_name() -> None:
    def change(document: Any) -> None:
        activity(document, "561031")["municipalities"] = {"tarout": None}

    (one,) = differences(change)

    assert one.field == municipalities()["tarout"]
    assert one.before is not None
    assert one.after is not None
    assert (one.before.en, one.after.en) == ("Immediate: no", "not licensed there")


def test_conditions_are_shown_by_their_titles() -> None:
    def change(document: Any) -> None:
        document["on_false"]["civil-defence"] = "officer"
        document["conditions"]["professional"] = ["inspection"]
        document["parameters"]["owner_age"] = 21

    found = [(one.part, one.title.en, one.after.en) for one in differences(change) if one.after]

    assert found == [
        ("parameters", "Least age of the owner, in years", "21"),
        ("conditions", "Professional licence", "The inspection of the place"),
        ("on_false", "The civil defence's safety certificate", "An officer decides"),
    ]


def test_municipalities_and_fee_classes_are_shown_by_their_names() -> None:
    def change(document: Any) -> None:
        document["municipalities"] = ["qatif", "safwa"]
        document["fees"][0]["fee_classes"] = ["small", "medium"]
        activity(document, "960111")["fee_class"] = "none"

    found = [one.after.ar for one in differences(change) if one.after]

    names = municipalities()
    assert found == ["صغيرة، متوسطة", "بلا رسم", f"{names['qatif'].ar}، {names['safwa'].ar}"]


def test_a_fee_of_another_first_day_is_another_row() -> None:
    def change(document: Any) -> None:
        document["fees"][0]["until"] = "2026-12-31"
        document["fees"].append({**document["fees"][0], "since": "2027-01-01", "until": None})

    found = {(one.code, one.change) for one in differences(change)}

    assert found == {("licence-small", CHANGED), ("licence-small", ADDED)}


def test_a_fee_s_new_amount_from_a_day_is_one_line_with_the_amount_of_before() -> None:
    def change(document: Any) -> None:
        first = document["fees"][0]
        document["fees"].append({**first, "since": "2027-01-09", "halalas": 40_000})

    (one,) = differences(change)

    assert one.before is not None
    assert one.after is not None
    assert (one.change, one.before.en, one.after.en) == (ADDED, "SAR 300.00", "SAR 400.00")
    assert one.field.ar == "المبلغ من 1 شعبان 1448هـ (9 يناير 2027م)"
    assert one.field.en == "Amount from 9 January 2027 (1 Shaban 1448 AH)"


def test_what_else_a_new_row_of_a_fee_changes_is_told_beside_the_amount() -> None:
    def change(document: Any) -> None:
        first = document["fees"][0]
        changed = {"since": "2027-01-09", "until": "2027-12-31", "per": "once"}
        document["fees"].append({**first, **changed})

    found = [(one.field.en.partition(" ")[0], one.change) for one in differences(change)]

    assert sorted(found) == [("Amount", ADDED), ("Counted", ADDED), ("Until", ADDED)]


def test_days_are_shown_in_both_calendars() -> None:
    (one,) = differences(lambda document: document["fees"][0].update(until="2027-01-08"))

    assert one.after is not None
    assert one.after.ar == "30 رجب 1448هـ (8 يناير 2027م)"
