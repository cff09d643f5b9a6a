"""Applicants apply, follow, answer, renew, end and object, for what they own and for nothing else."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.domain.actors import Applicant, require_for_applicant
from licences.models import Application, Licence
from saudi.testing import arabic_digits

from .applying import BASE, applied, at_another_place, plain
from .conftest import DELEGATE, FORMER, OTHER, OWNER, SHOP, STRANGER

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def delegate(everybody: Any) -> Any:
    return everybody["delegate"]


@pytest.fixture
def himself(citizen: Any) -> Any:
    """A professional without an establishment."""
    return citizen(OWNER)


@pytest.fixture
def issued(submit_and_decide: Any, shop: Any, session: Any, now: datetime) -> str:
    """The number of a paid licence of the shop."""
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    return str(session.scalars(select(Licence.licence_no)).one())


def test_a_delegate_applies_for_the_establishment_and_its_owner_sees_it(
    client: Any, everybody: Any, shop: Any
) -> None:
    made = applied(client, everybody["delegate"], shop())

    assert (made["channel"], made["municipality"]) == ("citizen", "saihat")
    assert made["establishment"] == SHOP
    place = f"{BASE}/licence-applications/{made['application_id']}"
    assert client.get(place, headers=everybody["owner"]).json() == {**made, "withdrawn": None}
    listed = client.get(f"{BASE}/licence-applications", headers=everybody["owner"]).json()
    assert [one["application_id"] for one in listed["items"]] == [made["application_id"]]


def test_a_delegate_types_hijri_days_and_arabic_digits(
    client: Any, everybody: Any, shop: Any, session: Any
) -> None:
    typed = shop()
    typed["owner"] |= {"id_number": arabic_digits(OWNER), "mobile": "٠٥٠٠٠٠٠٠٠١"}
    typed["establishment"] |= {"unified_number": arabic_digits(SHOP)}
    typed["lease"] |= {"starts_on": "٢١-٥-١٤٤٨هـ", "ends_on": "1450/06/13"}

    applied(client, everybody["delegate"], typed)

    (kept,) = session.scalars(select(Application.body))
    assert (kept["owner"]["id_number"], kept["owner"]["mobile"]) == (OWNER, "+966500000001")
    assert kept["establishment"]["unified_number"] == SHOP
    assert (kept["lease"]["starts_on"], kept["lease"]["ends_on"]) == ("2026-11-01", "2028-10-31")


def test_an_answer_that_comes_too_late_names_what_the_applicant_may_do_and_no_officer(
    client: Any, everybody: Any, shop: Any, submit_and_decide: Any
) -> None:
    row = submit_and_decide(shop())
    place = f"{BASE}/licence-applications/{row.application_id}/correction"

    answer = client.post(place, json=plain(shop()), headers=everybody["delegate"])

    assert (answer.status_code, answer.json()["code"]) == (
        409,
        "licence_application_awaiting_payment",
    )
    assert "السحب" in answer.json()["detail"]
    for officers in ("الإعادة للاستكمال", "إصدار فاتورة", "الإصدار"):
        assert officers not in answer.text


def test_a_professional_applies_for_himself(client: Any, himself: Any, professional: Any) -> None:
    made = applied(client, himself, professional())

    assert made["establishment"] is None
    assert (
        client.get(f"{BASE}/licence-applications", headers=himself).json()["items"][0]["status"]
        == made["status"]
    )


def refused(client: Any, header: Any, body: Any) -> list[tuple[str, str]]:
    answer = client.post(f"{BASE}/licence-applications", json=plain(body), headers=header)
    assert answer.status_code == 400, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    "who", ["former delegate", "delegate of another", "owner who acts for nothing"]
)
def test_nobody_applies_for_an_establishment_that_the_token_does_not_name(
    client: Any, everybody: Any, shop: Any, who: str
) -> None:
    assert refused(client, everybody[who], shop()) == [
        ("establishment.unified_number", "not-acted-for")
    ]


def test_nobody_applies_in_the_name_of_another_person(
    client: Any, everybody: Any, professional: Any
) -> None:
    found = refused(client, everybody["delegate"], professional())

    assert found == [("owner.id_number", "not-yourself")]


def test_who_applies_in_person_gets_a_licence_in_the_name_of_the_national_login(
    client: Any, himself: Any, professional: Any, session: Any
) -> None:
    body = professional()
    body["owner"]["name"] = "Somebody Else"

    applied(client, himself, body)

    row = session.scalars(select(Application)).one()
    assert row.body["owner"]["name"] != "Somebody Else"


@pytest.mark.parametrize("number", ["١٠٠٠٠٠٠٠٠٨", "۱۰۰۰۰۰۰۰۰۸"])
def test_a_number_is_the_same_in_every_script(professional: Any, number: str) -> None:
    own = Applicant(subject="c_1", id_number=OWNER)
    body = professional()
    body["owner"]["id_number"] = number

    require_for_applicant(own, body)
    with pytest.raises(InvalidFields):
        require_for_applicant(Applicant(subject="c_1", id_number=DELEGATE), body)


@pytest.mark.parametrize("body", [{"owner": {}}, {"establishment": {}}])
def test_only_an_incomplete_form_may_lack_the_number(body: Any) -> None:
    own = Applicant(subject="c_1", id_number=OWNER)

    require_for_applicant(own, body, is_incomplete=True)
    with pytest.raises(InvalidFields):
        require_for_applicant(own, body)


def test_a_shop_that_moves_ends_a_licence_of_ones_own_and_no_other(
    client: Any, everybody: Any, shop: Any, submit_and_decide: Any, session: Any, professional: Any
) -> None:
    submit_and_decide(professional())
    foreign = session.scalars(select(Licence.licence_no)).one()

    found = refused(client, everybody["delegate"], shop(replaces_licence_no=foreign))

    assert found == [("replaces_licence_no", "licence-unknown")]


def operations(row: Any, licence_no: str, draft_id: str) -> list[tuple[str, str, Any]]:
    """Each operation on one row, with a valid body."""
    application = f"{BASE}/licence-applications/{row['application_id']}"
    licence, draft = f"{BASE}/licences/{licence_no}", f"{BASE}/licence-drafts/{draft_id}"
    return [
        ("GET", application, None),
        ("GET", f"{application}/decision", None),
        ("GET", f"{application}/bill", None),
        ("GET", f"{application}/files", None),
        ("POST", f"{application}/files", {"files": []}),
        ("POST", f"{application}/withdraw", {"reason": "لا حاجة (بيانات تجريبية)"}),
        ("GET", licence, None),
        ("GET", f"{licence}/document", None),
        ("POST", f"{licence}/renewal", {"years": 1}),
        ("POST", f"{licence}/cancellation", {"reason": "انتهى النشاط"}),
        ("GET", draft, None),
        ("PUT", draft, {"form": {"kind": "shop"}, "establishment": SHOP}),
        ("DELETE", draft, None),
    ]


@pytest.mark.parametrize(
    "who",
    ["former delegate", "delegate of another", "owner who acts for nothing", "officer", "machine"],
)
def test_to_everybody_else_nothing_of_it_is_there(
    client: Any, everybody: Any, branch: Any, issued: str, who: str
) -> None:
    delegate = everybody["delegate"]
    made = applied(client, delegate, branch())
    draft = client.post(
        f"{BASE}/licence-drafts", json={"form": {}, "establishment": SHOP}, headers=delegate
    ).json()

    for method, path, body in operations(made, issued, draft["draft_id"]):
        if body and body.get("establishment"):
            body = {"form": {}}
        answer = client.request(method, path, json=body, headers=everybody[who])
        assert answer.status_code == 404, (method, path, answer.text)
        assert answer.json()["type"].endswith("/not-found")
    for path in ("licence-applications", "licences", "violations", "licence-drafts"):
        answer = client.get(f"{BASE}/{path}", headers=everybody[who])
        assert answer.status_code == 404 or answer.json()["items"] == []


@pytest.mark.parametrize("who", ["owner", "delegate"])
def test_who_acts_for_it_finds_all_of_it(
    client: Any, everybody: Any, branch: Any, issued: str, who: str
) -> None:
    made = applied(client, everybody["delegate"], branch())
    draft = client.post(
        f"{BASE}/licence-drafts",
        json={"form": {}, "establishment": SHOP},
        headers=everybody["delegate"],
    ).json()

    statuses = {
        (method, path.rpartition("/")[2]): client.request(
            method, path, json=body, headers=everybody[who]
        ).status_code
        for method, path, body in operations(made, issued, draft["draft_id"])
    }

    # No bill before there's a fee, no renewal a year ahead.
    assert statuses.pop(("GET", "bill")) == 404
    assert statuses.pop(("POST", "renewal")) == 409
    assert set(statuses.values()) <= {200, 201, 204}


def test_a_return_is_answered_and_stays_ones_own(
    client: Any, everybody: Any, shop: Any, session: Any
) -> None:
    delegate = everybody["delegate"]
    made = applied(client, delegate, shop())
    session.execute(text("UPDATE application SET status = 'returned'"))
    session.commit()
    session.expire_all()
    place = f"{BASE}/licence-applications/{made['application_id']}/correction"
    other = shop()
    other["establishment"] = {**other["establishment"], "unified_number": "7000000021"}

    wrong = client.post(place, json=plain(other), headers=delegate)
    other["establishment"]["unified_number"] = OTHER  # the delegate acts for it as well
    moved = client.post(place, json=plain(other), headers=delegate)
    right = client.post(place, json=plain(shop(workers=3)), headers=delegate)

    assert [one["code"] for one in wrong.json()["errors"]] == ["not-acted-for"]
    assert [one["code"] for one in moved.json()["errors"]] == ["application-of-another"]
    assert (right.status_code, right.json()["workers"]) == (200, 3)


def test_the_bill_tells_under_which_number_it_is_paid(
    client: Any, everybody: Any, shop: Any, submit_and_decide: Any
) -> None:
    row = submit_and_decide(shop())

    place = f"{BASE}/licence-applications/{row.application_id}/bill"
    bill = client.get(place, headers=everybody["owner"])

    assert bill.json()["amount"] == "480.00"
    assert bill.json()["bill_number"] is None
    assert [line["code"] for line in bill.json()["lines"]]


def test_an_ended_delegation_leaves_the_delegate_with_nothing(
    client: Any, citizen: Any, shop: Any
) -> None:
    """The token decides, whatever the rows say of the applicant."""
    made = applied(client, citizen(FORMER, SHOP), shop())

    later = citizen(FORMER)

    place = f"{BASE}/licence-applications/{made['application_id']}"
    assert client.get(place, headers=later).status_code == 404
    answer = client.post(f"{place}/withdraw", json={"reason": "ليس لي"}, headers=later)
    assert answer.status_code == 404


def test_a_claim_of_another_token_opens_nothing(client: Any, citizen: Any, settings: Any) -> None:
    from chassis.access.persons import Person, Persons
    from chassis.data.sealing import Keyring

    person = Person(id_number=OWNER, id_type="national_id", name="بيانات تجريبية")
    stolen = Persons(Keyring.parse(settings.person_key)).seal(f"c_{int(OWNER) * 7:x}", person)

    answer = client.get(f"{BASE}/licences", headers=citizen(STRANGER, person=stolen))

    assert answer.status_code == 404


def test_a_page_of_one_person_is_no_page_of_another(
    client: Any, citizen: Any, professional: Any
) -> None:
    mine = citizen(OWNER)
    for number in range(2):
        applied(client, mine, at_another_place(professional(), number))
    first = client.get(f"{BASE}/licence-applications?limit=1", headers=mine).json()

    cursor = {"limit": 1, "cursor": first["next_cursor"]}
    own = client.get(f"{BASE}/licence-applications", params=cursor, headers=mine)
    foreign = client.get(f"{BASE}/licence-applications", params=cursor, headers=citizen(STRANGER))

    assert len(own.json()["items"]) == 1
    assert foreign.status_code == 400


def test_applications_of_one_person_are_counted(
    client: Any, himself: Any, professional: Any, monkeypatch: Any
) -> None:
    from chassis.access.quotas import Policy

    few = Policy("few", 2, 86_400, step=3_600)
    monkeypatch.setattr("licences.limits.applications_of_citizen", lambda _settings: few)
    answers = [
        client.post(
            f"{BASE}/licence-applications",
            json=plain(at_another_place(professional(), number)),
            headers=himself,
        )
        for number in range(3)
    ]

    assert [one.status_code for one in answers] == [201, 201, 429]


def test_no_answer_to_an_applicant_has_the_whole_number(
    client: Any, everybody: Any, shop: Any
) -> None:
    made = applied(client, everybody["delegate"], shop())

    answer = client.get(
        f"{BASE}/licence-applications/{made['application_id']}", headers=everybody["delegate"]
    )

    assert OWNER not in answer.text
    assert OTHER not in answer.text
