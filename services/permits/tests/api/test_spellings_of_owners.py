"""The owners of an application → what the API answers: identity numbers, shares, mobiles and names as papers and
telephones spell them, the code of each refusal, and who is found by which spelling of a name.

`test_vectors.py` sends the 110 of the review; these are others.
"""

from collections.abc import Callable
from typing import Any

import pytest

Application = Callable[..., dict[str, Any]]
PERSON = {
    "name": "حسن آل تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000008",
}
OTHER = {**PERSON, "id_number": "1000000016"}
NUMBERS = [
    ("national_id", "1012345672", None),
    ("national_id", "١٠١٢٣٤٥٦٧٢", None),
    ("national_id", "1012 345 672", None),
    ("national_id", "1090000009", None),  # Luhn can't see that 09 and 90 were swapped
    ("national_id", "1900000009", None),
    ("national_id", "1012345671", "check-digit"),
    ("national_id", "1102798278", "check-digit"),
    ("national_id", "3012345678", "prefix"),
    ("national_id", "0112345678", "prefix"),
    ("national_id", "2000000006", "prefix"),
    ("national_id", "101234567", "length"),
    ("national_id", "10123456722", "length"),
    ("national_id", "١٠١٢٣٤٥٦٧²", "digits"),
    ("national_id", None, "required"),
    ("iqama", "2123456788", None),
    ("iqama", "2345678904", None),
    ("iqama", "2456789011", None),
    ("iqama", "2123456787", "check-digit"),
    ("border_number", "5000000000", None),
    ("border_number", "6000000000", "prefix"),
    ("none", "1000000008", "not-of-owner-type"),
    ("unified_number", "7000000005", "not-of-owner-type"),
]


@pytest.mark.parametrize(("kind", "number", "code"), NUMBERS)
def test_a_persons_number_is_masked_or_its_fault_is_named(
    api: Any, application: Application, kind: str, number: str | None, code: str | None
) -> None:
    sent = application(owners=[{**PERSON, "id_type": kind, "id_number": number}])

    answer = api.send("submit_permit_request", sent)

    if code is None:
        shown = answer.json()["owners"][0]["id_number"]
        assert (answer.status_code, shown[2:8], len(shown)) == (201, "******", 10)
    else:
        faults = {one["code"] for one in answer.json()["errors"]}
        assert (answer.status_code, code in faults) == (400, True), answer.text


@pytest.mark.parametrize(
    ("owner_type", "id_type", "number", "code"),
    [
        ("company", "unified_number", "7000000005", None),
        ("company", "unified_number", "1010246192", "prefix"),
        ("company", "unified_number", "2053000123", "prefix"),  # of the old commercial register
        ("company", "national_id", "1000000008", "not-of-owner-type"),
        ("company", "none", None, "not-of-owner-type"),
        ("waqf", "none", None, None),
        ("waqf", "unified_number", "٧٠٠٠٠٠٠٠٠٥", None),
        ("government", "none", None, None),
        ("heirs", "national_id", "1000000008", None),
        ("heirs", "none", "1000000008", "not-allowed"),
    ],
)
def test_each_kind_of_owner_has_its_kinds_of_numbers(
    api: Any,
    application: Application,
    owner_type: str,
    id_type: str,
    number: str | None,
    code: str | None,
) -> None:
    owner = {"name": "تجربة (بيانات تجريبية)", "owner_type": owner_type}
    sent = application(owners=[{**owner, "id_type": id_type, "id_number": number}])

    answer = api.send("submit_permit_request", sent)

    codes = {one["code"] for one in answer.json().get("errors", ())}
    assert (answer.status_code, codes) == ((400, {code}) if code else (201, set()))


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        (("1/2", "1/2"), ["1/2", "1/2"]),
        (("١/٣", "٢/٣"), ["1/3", "2/3"]),
        (("1 / 8", "7 / 8"), ["1/8", "7/8"]),
        ((None, None), [None, None]),
        (("1/2", "1/3"), {"owners": "shares-sum"}),
        (("1/2", None), {"owners": "shares-sum"}),
        (("50%", "50%"), {"owners.0.share": "pattern", "owners.1.share": "pattern"}),
        (("1/0", "1/2"), {"owners.0.share": "pattern"}),
    ],
)
def test_shares_are_kept_as_fractions_that_make_a_whole(
    api: Any, application: Application, shares: tuple[str | None, ...], told: Any
) -> None:
    owners = [{**one, "share": share} for one, share in zip((PERSON, OTHER), shares, strict=True)]

    answer = api.send("submit_permit_request", application(owners=owners))

    if isinstance(told, list):
        assert [one["share"] for one in answer.json()["owners"]] == told
    else:
        assert {one["field"]: one["code"] for one in answer.json()["errors"]} == told


def test_two_owners_do_not_have_one_number(api: Any, application: Application) -> None:
    sent = application(owners=[PERSON, {**PERSON, "id_number": "١٠٠٠٠٠٠٠٠٨"}])

    assert api.faults("submit_permit_request", sent) == {"owners.1.id_number": "repeated"}


@pytest.mark.parametrize(
    "mobile",
    ["501234567", "050-123-4567", "+966 50 123 4567", "٠٠٩٦٦٥٠١٢٣٤٥٦٧", "\u200e0501234567\u200f"],
)
def test_a_mobile_of_any_usual_form_is_kept_and_shown_masked(
    api: Any, application: Application, mobile: str
) -> None:
    sent = application(owners=[{**PERSON, "mobile": mobile}])

    [owner] = api.ask("submit_permit_request", sent)["owners"]

    assert owner["mobile"] == "+966******567"


@pytest.mark.parametrize(
    "mobile", ["0521234567", "920012345", "8001234567", "940", "+971501234567"]
)
def test_a_number_that_takes_no_message_of_ours_is_no_mobile(
    api: Any, application: Application, mobile: str
) -> None:
    sent = application(owners=[{**PERSON, "mobile": mobile}])

    assert api.faults("submit_permit_request", sent) == {"owners.0.mobile": "mobile"}


NAMES = [
    ("أحمد بن عبد الله", "احمد عبدالله"),
    ("احمد عبدالله", "أحمد بن عبد الله"),
    ("فاطمة الزهراء حسن", "فاطمه الزهرا"),
    ("هدى جعفر", "هدي جعفر"),
    ("علي القطـــيف", "على القطيف"),
    ("ﻣﺤﻤﺪ صالح", "محمد صالح"),
    ("مُحَمَّد صالح", "محمد صالح"),
    ("زینب کریم", "زينب كريم"),
    ("عبد ﷲ رؤوف", "عبدالله رووف"),
    ("إبراهيم شائع", "ابراهيم شايع"),
    ("ٱدم مؤيد", "ادم مويد"),
    ("MOHAMMED Khan", "mohammed khan"),
    ("صالح\u200f  مهدي", "مهدي صالح"),
    # a family's article, which no search needs
    ("زهراء بنت علي العبدالله", "زهراء العبد الله"),
    ("زهراء بنت علي العبدالله", "زهراء عبدالله"),
    ("زهراء بنت علي العبد الله", "عبد الله زهراء"),
    ("هدى الإبراهيم", "هدى ابراهيم"),
    ("هدى آل إبراهيم", "ابراهيم هدى"),
    ("حسن المصطفى", "حسن مصطفى"),
]


@pytest.mark.parametrize(("written", "asked"), NAMES)
def test_a_person_is_found_by_another_spelling_of_the_name(
    api: Any, application: Application, written: str, asked: str
) -> None:
    owner = {**PERSON, "name": f"{written} (بيانات تجريبية)"}
    row = api.ask("submit_permit_request", application(owners=[owner]))

    found = api.ask("search_by_person", {"name": asked, "reason": "مراجع في الاستقبال"})

    assert [one["request_id"] for one in found["requests"]] == [row["request_id"]]


@pytest.mark.parametrize("asked", ["حسين صالح", "محم صالح", "محمد صال", "محمد"])
def test_another_name_or_a_piece_of_it_finds_nobody(
    api: Any, application: Application, asked: str
) -> None:
    owner = {**PERSON, "name": "محمد صالح (بيانات تجريبية)"}
    api.ask("submit_permit_request", application(owners=[owner]))

    answer = api.send("search_by_person", {"name": asked, "reason": "مراجع في الاستقبال"}).json()

    assert answer.get("requests") == [] or answer["errors"][0]["code"] == "name-parts"
