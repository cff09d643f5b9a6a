"""Applications that municipalities submit: what is accepted, what is published, and for whom."""

from datetime import UTC, datetime, timedelta

import pytest
from municipal import (
    APPLICATIONS,
    BODY,
    CODE,
    LICENCES,
    activity_event,
    application_event,
    bill_event,
    body,
    faults,
    licence_event,
)
from sqlalchemy import select, text

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data.sealing import CannotUnseal
from partner_gateway.models import LicenceApplication

MAIN = {"code": CODE, "main": True}


@pytest.fixture(autouse=True)
def activities(project_licences):
    project_licences(activity_event())


def test_the_contracts_own_example_is_accepted_as_it_stands(submit, outbox_rows, opened):
    answer = submit()

    (row,) = outbox_rows()
    application_id = answer.json()["application_id"]
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.json()["href"]
    assert answer.json()["href"].endswith(f"{APPLICATIONS}/{application_id}")
    assert row.type == "sa.gov.qatif.partner-gateway.licence-application.submitted.v1"
    assert (row.aggregate_id, row.version) == (application_id, 1)
    assert opened(row) == BODY


def test_the_municipality_comes_from_the_registration_and_the_sender_is_named(submit, outbox_rows):
    submit(municipality="saihat", kind="machine")

    (row,) = outbox_rows()
    data = row.envelope["data"]
    assert (data["municipality"], data["licence_no"]) == ("saihat", None)
    assert data["submitted_by"] == {
        "kind": "machine", "client_id": "saihat-system", "subject": "saihat-system",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["municipality", "submitted_by", "application_id"])
def test_a_body_that_names_what_the_registration_says_is_refused(submit, outbox_rows, name):
    answer = submit(body(**{name: "tarout"}))

    assert faults(answer) == {(name, "unknown")}
    assert outbox_rows() == []


def test_nothing_personal_stands_in_the_clear(submit, session):
    submit()

    kept = session.scalars(
        text(
            "SELECT to_jsonb(a)::text FROM licence_application a"
            " UNION ALL SELECT convert_from(data, 'UTF8') FROM outbox"
            " UNION ALL SELECT to_jsonb(l)::text FROM access_log l"
            " UNION ALL SELECT to_jsonb(k)::text FROM idempotency_key k"
        )
    ).all()

    assert len(kept) == 4
    for secret in ("1000000008", "0500000001", "بيانات تجريبية", "7000000005"):
        assert not any(secret in one for one in kept)


def test_a_sealed_body_opens_for_its_application_only(submit, outbox_rows, settings):
    submit()
    (row,) = outbox_rows()

    with pytest.raises(CannotUnseal):
        settings.submissions.unseal_text(row.envelope["data"]["sealed"], f"submission/{new_id()}")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"activities": [{"code": "999999", "main": True}]}, ("activities.0.code", "activity-unknown")),
        ({"activities": [{"code": CODE, "main": False}]}, ("activities", "one-main-activity")),
        ({"activities": [MAIN, {**MAIN, "main": False}]}, ("activities", "activity-repeated")),
        ({"kind": "professional"}, ("activities.0.code", "activity-of-another-kind")),
        ({"years": 4}, ("years", "years-beyond")),
        ({"area_m2": 501}, ("area_m2", "area-beyond")),
        ({"establishment": None}, ("establishment", "required")),
        ({"owner": {**BODY["owner"], "id_number": "1000000009"}}, ("owner.id_number", "check-digit")),
        ({"owner": {**BODY["owner"], "id_type": "iqama"}}, ("owner.id_number", "prefix")),
        ({"manager": {**BODY["owner"], "id_number": "2000000000"}}, ("manager.id_number", "prefix")),
        ({"place": {**BODY["place"], "town": "تاروت"}}, ("place.town", "town-elsewhere")),
        ({"place": {**BODY["place"], "town": "الدمام"}}, ("place.town", "town-unknown")),
        ({"place": {**BODY["place"], "district": "المحيسنيات"}}, ("place.district", "district-elsewhere")),
        ({"place": {**BODY["place"], "latitude": 50.1, "longitude": 26.5}}, ("place.latitude", "coordinates-swapped")),
        ({"place": {**BODY["place"], "latitude": 24.7, "longitude": 46.7}}, ("place.latitude", "coordinates-outside")),
        ({"lease": {**BODY["lease"], "ends_on": "2026-11-01"}}, ("lease.ends_on", "lease-order")),
        ({"years": 0}, ("years", "minimum")),
        ({"surprise": 1}, ("surprise", "unknown")),
    ],
)  # fmt: skip
def test_an_application_at_fault_is_refused_before_it_is_accepted(
    submit, outbox_rows, session, changes, fault
):
    answer = submit(body(**changes))

    assert fault in faults(answer)
    assert outbox_rows() == []
    assert session.scalars(select(LicenceApplication)).all() == []


def test_an_activity_that_nobody_offers_is_named_beside_the_faults_of_the_form(submit):
    unknown = [{"code": "999999", "main": True}]
    owner = {**BODY["owner"], "mobile": "12"}
    place = {**BODY["place"], "district": "المحيسنيات"}

    answer = submit(body(activities=unknown, years=9, owner=owner, place=place))

    assert faults(answer) >= {
        ("activities.0.code", "activity-unknown"),
        ("years", "maximum"),
        ("place.district", "district-elsewhere"),
    }
    assert {field for field, _ in faults(answer)} >= {"owner.mobile"}


def test_all_faults_are_named_at_once_also_beside_those_of_the_schema(submit):
    owner = {**BODY["owner"], "id_number": "1000000009"}

    assert faults(submit(body(owner=owner, years=0))) == {
        ("owner.id_number", "check-digit"), ("years", "minimum"),
    }  # fmt: skip


def test_a_place_elsewhere_is_asked_only_what_holds_in_every_municipality(submit, project_licences):
    elsewhere = {**BODY["place"], "town": "تاروت"}
    project_licences(activity_event(sequence=2, municipalities=["tarout"]))
    of_place = {("place.town", "town-elsewhere"), ("place.district", "district-elsewhere")}
    unknown = [{"code": "999999", "main": True}]

    assert faults(submit(body(place=elsewhere, years=9, area_m2=9_999))) == {
        *of_place,
        ("years", "maximum"),
    }
    assert faults(submit(body(place=elsewhere, activities=unknown))) == {
        *of_place,
        ("activities.0.code", "activity-unknown"),
    }


def test_an_engineering_office_needs_its_classification(submit, project_licences):
    project_licences(activity_event("711010", kinds=["engineering_office"]))
    sent = body(kind="engineering_office", activities=[{"code": "711010", "main": True}])

    assert faults(submit(sent)) == {("engineering", "required")}
    sent["engineering"] = {"classification_no": "55001", "grade": "2"}
    assert submit(sent).status_code == 202


def test_a_professional_for_himself_has_no_establishment(submit, project_licences):
    project_licences(activity_event("960901", kinds=["professional"]))
    sent = body(kind="professional", activities=[{"code": "960901", "main": True}])

    assert submit({**sent, "establishment": None}).status_code == 202


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"in_force_until": "2026-01-31"}, "activity-unknown"),
        ({"in_force_from": "2999-01-01"}, "activity-unknown"),
        ({"municipalities": ["tarout"]}, "activity-not-offered"),
    ],
)
def test_the_table_of_activities_decides_what_may_be_asked_for(
    submit, project_licences, changes, code
):
    project_licences(activity_event(sequence=2, **changes))

    assert faults(submit()) == {("activities.0.code", code)}


def test_an_older_state_of_an_activity_overwrites_no_newer_one(submit, project_licences):
    project_licences(activity_event(sequence=3), activity_event(sequence=2, municipalities=[]))

    assert submit().status_code == 202


@pytest.mark.parametrize("key", [None, ""])
def test_a_submission_needs_a_key(client, clerk, outbox_rows, key):
    headers = clerk("licences.submit")

    answer = client.post(APPLICATIONS, json=BODY, headers=headers)

    assert faults(answer) == {("Idempotency-Key", "required")}
    assert outbox_rows() == []


def test_the_same_key_twice_is_one_application_and_two_rows_of_the_record(
    submit, outbox_rows, session
):
    first, second = submit(key="k-1"), submit(key="k-1")

    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(outbox_rows()) == 1
    reasons = session.scalars(text("SELECT reason FROM access_log ORDER BY at")).all()
    assert sorted(reasons, key=str) == [None, "replayed"]


def test_the_same_key_of_another_municipality_is_independent(submit, outbox_rows):
    tarout = body(place={**BODY["place"], "town": "تاروت", "district": "الربيعية"})
    one, other = submit(key="k-1"), submit(tarout, key="k-1", municipality="tarout")

    assert (one.status_code, other.status_code) == (202, 202)
    assert {row.envelope["data"]["municipality"] for row in outbox_rows()} == {"saihat", "tarout"}


def test_the_same_key_for_another_application_is_refused(submit, outbox_rows):
    submit(key="k-1")

    answer = submit(body(workers=9), key="k-1")

    assert answer.status_code == 422
    assert len(outbox_rows()) == 1


def correct(submit, application_id, **more):
    return submit(body(workers=7), path=f"{APPLICATIONS}/{application_id}/corrections", **more)


@pytest.mark.parametrize("status", ["returned", "waiting"])
def test_a_returned_or_waiting_application_is_corrected_once(
    submit, project_licences, outbox_rows, opened, status
):
    application_id = submit().json()["application_id"]
    project_licences(application_event(application_id, status=status, licence_no=None))

    first, second = correct(submit, application_id), correct(submit, application_id)
    project_licences(application_event(application_id, status=status, sequence=2, licence_no=None))
    third = correct(submit, application_id)

    assert [one.status_code for one in (first, second, third)] == [202, 409, 202]
    assert second.json()["code"] == "corrected"
    rows = outbox_rows()
    assert [(row.type.split(".")[5], row.version) for row in rows] == [
        ("submitted", 1), ("corrected", 2), ("corrected", 3),
    ]  # fmt: skip
    assert {row.aggregate_id for row in rows} == {application_id}
    assert opened(rows[1])["workers"] == 7


@pytest.mark.parametrize("status", ["submitted", "in_review", "issued", "refused", "withdrawn"])
def test_an_application_in_another_state_is_not_corrected(submit, project_licences, status):
    application_id = submit().json()["application_id"]
    project_licences(application_event(application_id, status=status))

    answer = correct(submit, application_id)

    assert (answer.status_code, answer.json()["code"]) == (409, status)


def test_an_application_of_another_municipality_is_not_found_and_qatif_touches_none(
    submit, project_licences
):
    application_id = submit().json()["application_id"]
    project_licences(application_event(application_id, status="returned"))
    tarout = body(place={**BODY["place"], "town": "تاروت", "district": "الربيعية"})
    path = f"{APPLICATIONS}/{application_id}/corrections"

    foreign = submit(tarout, path=path, municipality="tarout")
    missing = submit(tarout, path=f"{APPLICATIONS}/{new_id()}/corrections", municipality="tarout")
    governorate = submit(path=path, municipality="qatif")

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.content == missing.content
    assert (governorate.status_code, governorate.json()["type"].rsplit("/", 1)[1]) == (
        403,
        "other-municipality",
    )


NUMBER = "144804000017"


@pytest.mark.parametrize(
    ("path", "sent", "participle", "request_"),
    [
        (f"{LICENCES}/{NUMBER}/renewals", {"years": 2}, "renewal_requested", "renew"),
        (f"{LICENCES}/{NUMBER}/cancellations", {"reason": "انتهى النشاط"}, "cancellation_requested", "cancel"),
    ],
)  # fmt: skip
def test_a_renewal_and_a_cancellation_are_applications_of_their_own(
    submit, client, clerk, project_licences, outbox_rows, opened, path, sent, participle, request_
):
    project_licences(licence_event(NUMBER))

    answer = submit(sent, path=path)
    shown = client.get(answer.headers["location"], headers=clerk()).json()

    (row,) = outbox_rows()
    assert answer.status_code == 202
    assert row.type.split(".")[5] == participle
    assert row.envelope["data"]["licence_no"] == NUMBER
    assert opened(row) == sent
    assert (shown["request"], shown["licence_no"], shown["status"]) == (
        request_,
        NUMBER,
        "submitted",
    )


@pytest.mark.parametrize("action", ["renewals", "cancellations"])
def test_a_licence_that_has_ended_or_is_another_municipalitys_is_not_touched(
    submit, project_licences, action
):
    sent = {"years": 1} if action == "renewals" else {"reason": "انتهى"}
    project_licences(
        licence_event("144804000018", status="cancelled"),
        licence_event("144804000019", status="closed"),
        licence_event("144804000020", municipality="tarout"),
        licence_event("144804000021", status="suspended"),
    )

    def answer(number, **who):
        return submit(sent, path=f"{LICENCES}/{number}/{action}", **who)

    assert [answer(n).status_code for n in ("144804000018", "144804000019")] == [409, 409]
    foreign, missing = answer("144804000020"), answer("144804999999")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.content == missing.content
    assert answer("144804000020", municipality="qatif").status_code == 403
    assert answer("144804000021").status_code == 202


def test_a_trade_name_in_the_letters_of_the_other_language_is_refused(submit):
    establishment = {**BODY["establishment"], "trade_name": {"ar": "Al Waha", "en": "الواحة"}}

    answer = submit(body(establishment=establishment))

    assert answer.status_code == 400
    assert sorted((one["field"], one["code"]) for one in answer.json()["errors"]) == [
        ("establishment.trade_name.ar", "name-not-arabic"),
        ("establishment.trade_name.en", "name-not-latin"),
    ]


def test_signs_that_nobody_sees_do_not_reach_licences(submit, outbox_rows, opened):
    names = {"ar": "مغسلة\u202e الواحة\u200b", "en": "Laundry\u2066"}
    establishment = {**BODY["establishment"], "trade_name": names}

    submit(body(establishment=establishment))

    (row,) = outbox_rows()
    assert opened(row)["establishment"]["trade_name"] == {"ar": "مغسلة الواحة", "en": "Laundry"}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"kind": "shop", "kind": "professional"}',
        b"[" * 40 + b"]" * 40,
        b'{"kind": NaN}',
        b'{"kind": "\xff"}',
        b"{" + b" " * 20_000 + b"}",
    ],
)
def test_a_body_made_to_confuse_is_refused(client, clerk, outbox_rows, raw):
    headers = {**clerk(key="k-1"), "Content-Type": "application/json"}

    answer = client.post(APPLICATIONS, content=raw, headers=headers)

    assert answer.status_code in {400, 413}
    assert answer.headers["content-type"] == "application/problem+json"
    assert outbox_rows() == []


def test_a_system_is_limited_by_applications_a_minute(submit, session, app):
    policy = app.process.resources.limits.submission
    session.execute(
        text(
            "INSERT INTO quota_used (policy, subject, starts_at, used) VALUES (:p, 'saihat', :at, :used)"
        ),
        {"p": policy.name, "at": int(datetime.now(UTC).timestamp()), "used": policy.limit},
    )

    answer = submit()

    assert (answer.status_code, answer.json()["code"]) == (429, "submissions")
    assert int(answer.headers["retry-after"]) >= 1


def test_the_event_of_a_submission_keeps_its_promise(submit, outbox_rows):
    submit()
    (row,) = outbox_rows()

    contracts.check_event(row.type, row.envelope["data"])
    assert datetime.fromisoformat(row.envelope["data"]["submitted_at"]) > datetime.now(
        UTC
    ) - timedelta(minutes=5)


def test_a_municipality_withdraws_what_it_submitted_once(
    submit, project_licences, outbox_rows, opened
):
    application_id = submit().json()["application_id"]
    path, sent = f"{APPLICATIONS}/{application_id}/withdrawals", {"reason": "عدل المالك عن المحل"}
    early = submit(sent, path=path)
    project_licences(application_event(application_id, status="waiting", channel="partner"))

    answers = [submit(sent, path=path) for _ in range(2)]

    assert [early.status_code, *(one.status_code for one in answers)] == [202, 202, 409]
    *_, row = outbox_rows()
    assert row.type.split(".")[5] == "withdrawal_requested"
    assert opened(row) == sent
    project_licences(application_event(application_id, sequence=2, status="withdrawn"))
    assert submit(sent, path=path).json()["code"] == "withdrawn"


@pytest.mark.parametrize("reason", ["--", "  "])
def test_a_withdrawal_names_a_reason_that_says_something(
    submit, project_licences, outbox_rows, reason
):
    application_id = submit().json()["application_id"]
    project_licences(application_event(application_id, status="waiting", channel="partner"))

    answer = submit({"reason": reason}, path=f"{APPLICATIONS}/{application_id}/withdrawals")

    assert faults(answer) == {("reason", "required")}
    assert len(outbox_rows()) == 1


def test_an_application_of_a_citizen_is_not_withdrawn_by_its_municipality(submit, project_licences):
    application_id = new_id()
    project_licences(application_event(application_id, status="waiting", channel="citizen"))

    answer = submit({"reason": "عدل"}, path=f"{APPLICATIONS}/{application_id}/withdrawals")

    assert (answer.status_code, answer.json()["code"]) == (409, "submitted-elsewhere")


def test_an_application_shows_its_newest_bill_with_its_fees(
    submit, client, clerk, project_licences
):
    application_id = submit().json()["application_id"]
    path = f"{APPLICATIONS}/{application_id}"
    before = client.get(path, headers=clerk()).json()["bill"]
    first = bill_event(application_id, bill_id="01937c5e-8f00-7a11-8c2e-00000000b001")
    second = bill_event(
        application_id, bill_id="01937c5e-8f00-7a11-8c2e-00000000b002", bill_number="4482000018"
    )
    fine = bill_event(
        application_id, bill_id=new_id(), subject={"type": "violation", "number": "1"}
    )
    project_licences(second, first, fine)

    shown = client.get(path, headers=clerk()).json()["bill"]
    (listed,) = client.get(APPLICATIONS, headers=clerk()).json()["items"]

    assert before is None
    assert (shown["bill_number"], shown["biller_code"]) == ("4482000018", "174")
    assert shown["due_on_hijri"]
    assert shown["lines"][0]["because"]["en"]
    assert listed["bill"] == shown
    assert "contacts" not in shown


def test_a_finished_cancellation_says_that_the_licence_is_cancelled(
    submit, client, clerk, project_licences
):
    application_id = new_id()
    project_licences(application_event(application_id, request="cancel"))

    shown = client.get(f"{APPLICATIONS}/{application_id}", headers=clerk()).json()

    assert (shown["status"], shown["status_title"]["en"]) == ("issued", "Licence cancelled")


def test_an_early_renewal_is_refused_at_once_with_the_day_on_which_it_opens(
    submit, project_licences, outbox_rows
):
    project_licences(licence_event(NUMBER, renewable_from="2999-01-01"))

    answer = submit({"years": 1}, path=f"{LICENCES}/{NUMBER}/renewals")

    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
        409,
        "licence-renewal-early",
    )
    assert "2999-01-01" in answer.json()["detail"]
    assert outbox_rows() == []
