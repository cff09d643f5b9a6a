"""What people write on forms, as requests: 87 of what an application has, and 23 of what's looked for and of days.

The good is taken, the bad is refused by the name of its field; each in the spellings that papers and phones have.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import uuid4

from saudi.days import hijri_text

Vector = tuple[dict[str, Any], str | None]
LEGACY = {"type": "legacy", "number": "331"}
PERSON = {"name": "حسن آل تجربة (بيانات تجريبية)", "owner_type": "individual"}
COMPANY = {"name": "شركة تجربة (بيانات تجريبية)", "owner_type": "company"}


def of(id_type: str, number: str, **more: Any) -> dict[str, Any]:
    who = COMPANY if id_type == "unified_number" else PERSON
    return {"owners": [{**who, "id_type": id_type, "id_number": number, **more}]}


def numbers() -> Iterator[Vector]:
    """30: identity numbers of every kind."""
    at = "owners.0.id_number"
    good = ["1000000008", "1000000016", "1000000024", "١٠٠٠٠٠٠٠٠٨", "۱۰۰۰۰۰۰۰۰۸", " 1000000008 "]
    good += ["1000 000 008", "\u200f1000000008\u200f", "1000  000  008"]
    bad = ["1000000009", "1000000018", "2000000006", "3000000005", "100000000", "10000000080"]
    bad += ["10000000x8", "0000000000"]
    yield from ((of("national_id", one), None) for one in good)
    yield from ((of("national_id", one), at) for one in bad)
    yield from ((of("iqama", one), None) for one in ["2000000006", "٢٠٠٠٠٠٠٠٠٦", "2000 000 006"])
    yield from ((of("iqama", one), at) for one in ["2000000007", "1000000008", "200000000"])
    yield from ((of("border_number", one), None) for one in ["3000000005", "4000000001"])
    yield of("border_number", "1000000008"), at
    yield from ((of("unified_number", one), None) for one in ["7000000005", "٧٠٠٠٠٠٠٠٠٥"])
    yield from ((of("unified_number", one), at) for one in ["1010246192", "700000005"])


def mobiles() -> Iterator[Vector]:
    """12."""
    good = ["0501234567", "٠٥٠١٢٣٤٥٦٧", "+966501234567", "00966501234567", "966501234567"]
    good += ["050 123 4567", "۰۵۰۱۲۳۴۵۶۷"]
    bad = ["0138552222", "05012345678", "050123456", "+15005550006", "050123456x"]
    yield from ((of("national_id", "1000000008", mobile=one), None) for one in good)
    yield from ((of("national_id", "1000000008", mobile=one), "owners.0.mobile") for one in bad)


def land() -> Iterator[Vector]:
    """38: plans, plots, deeds with their days, points, areas."""
    plans = ["713/7", "٧١٣ / ٧", "713 / 7", "422/3 ج", "٤٢٢ / ٣ ج", "٤٢٢/٣ج", "415/ج", "128"]
    yield from (({"land__plan_number": one}, None) for one in [*plans, "3/15", "بدون مخطط"])
    yield {"land__plan_number": 128}, "land.plan_number"
    yield {"land__plan_number": "1" * 21}, "land.plan_number"
    yield from (({"land__plots": one}, None) for one in [["215", "216"], ["215 أ"], ["٢١٥"]])
    yield {"land__plots": [215]}, "land.plots.0"
    days = ["1374/08/12", "12/8/1374", "12/08/1374", "1374/8/12", "١٣٧٤/٠٨/١٢", "1447/02/30"]
    yield from (({"land__deed": {**LEGACY, "date_hijri": one}}, None) for one in days)
    for one in ("12/8/74", "yesterday"):
        yield {"land__deed": {**LEGACY, "date_hijri": one}}, "land.deed.date_hijri"
    yield {"land__deed": LEGACY}, "land.deed.date_hijri"
    for one in ("912304005678", "٩١٢٣٠٤٠٠٥٦٧٨"):
        yield {"land__deed": {"type": "electronic", "number": one}}, None
    yield {"land__deed": {"type": "registry", "number": "9123040056781234"}}, None
    yield {"land__deed": {"type": "electronic", "number": "9123"}}, "land.deed.number"
    yield {"land__latitude": 26.56, "land__longitude": 50.0}, None
    yield {"land__latitude": 24.7, "land__longitude": 46.7}, None  # elsewhere: a warning
    yield {"land__latitude": 50.0, "land__longitude": 26.5}, "land.latitude"
    yield from (({"land__area_m2": one}, None) for one in [540.5, 1250.25, 300])
    yield from (({"land__area_m2": one}, "land.area_m2") for one in [-1, 0, 10.123])


def the_rest() -> Iterator[Vector]:
    """7: who owns, and Balady's number."""
    heirs = {"name": "ورثة حسن آل تجربة (بيانات تجريبية)", "owner_type": "heirs"}
    state = {"name": "بلدية القطيف", "owner_type": "government"}
    waqf = {"name": "وقف تجربة (بيانات تجريبية)", "owner_type": "waqf"}
    none = {"id_type": "none", "id_number": None}
    yield from (({"owners": [{**one, **none}]}, None) for one in (heirs, state, waqf))
    yield {"owners": []}, "owners"
    yield of("national_id", "1000000008", name="123"), "owners.0.name"
    yield {"request_number": "1448-22"}, "request_number"
    yield {"municipality": "ras-tanura"}, "municipality"


APPLICATIONS = [*numbers(), *mobiles(), *land(), *the_rest()]


def test_what_an_application_has_is_taken_or_named(
    api: Any, house: Callable[..., dict[str, Any]]
) -> None:
    wrong = []
    for changes, field in APPLICATIONS:
        body = house(**{"request_number": str(uuid4().int)[:14], **changes})
        answer = api.send("submit_permit_request", body)
        named = {one["field"] for one in answer.json().get("errors", [])}
        if (answer.status_code, named) != (201 if field is None else 400, {field} - {None}):
            wrong.append((changes, field, answer.status_code, answer.text[:200]))

    assert wrong == []
    assert len(APPLICATIONS) == 87


LOOKED_FOR = [
    ("find_permits", {"plan_number": "713 / 7"}),
    ("find_permits", {"plan_number": "٧١٣/٧"}),
    ("find_permits", {"district": "حي الخزامى"}),
    ("find_permits", {"district": "الخزامي"}),
    ("find_permits", {"plot": "٢١٥"}),
    ("find_permits", {"deed_number": "٩١٢٣٠٤٠٠٥٦٧٨"}),
    ("find_permits", {"town": "القطيف"}),
    ("find_permits", {"issued_from": "1448/01/01"}),
    ("find_permits", {"issued_from": "١٤٤٨/٠١/٠١", "issued_to": "1499/12/29"}),
    ("list_permit_requests", {"plan_number": "٧١٣ / ٧"}),
    ("list_permit_requests", {"plot": "216"}),
]


def test_what_people_bring_is_found(api: Any, permit: dict[str, Any]) -> None:
    number, request_number = permit["permit_number"], permit["request_number"]
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    asked = [
        *LOOKED_FOR,
        ("find_permits", {"permit_number": number.translate(arabic)}),
        ("find_permits", {"permit_number": number.replace("/", " / ")}),
        ("find_permits", {"request_number": request_number.translate(arabic)}),
        ("list_permit_requests", {"request_number": f" {request_number}"}),
        ("list_permit_requests", {"permit_number": number}),
    ]
    wrong = [
        (name, query)
        for name, query in asked
        if permit["request_number"] not in str(api.ask(name, query=query)["items"])
    ]
    people = [{"id_number": "١٠٠٠٠٠٠٠٠٨"}, {"name": "علي حسن"}, {"name": "تجربه حسن"}]
    wrong += [
        one
        for one in people
        if permit["permit_id"]
        not in str(api.ask("search_by_person", {**one, "reason": "مراجع"})["permits"])
    ]
    refused = [
        ("find_permits", {"issued_from": "1447/02/30"}),
        ("find_permits", {"issued_from": "1448/13/01"}),
        ("find_permits", {"status": "سارية جدًا"}),
    ]
    wrong += [one for one in refused if api.send(one[0], query=one[1]).status_code != 400]

    assert wrong == []
    assert permit["issued_on_hijri"] == hijri_text(date.fromisoformat(permit["issued_on"]))
    assert len([*asked, *people, *refused]) + 1 == 23
