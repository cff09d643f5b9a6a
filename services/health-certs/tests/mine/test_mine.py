"""Workers themselves and delegates: they apply, follow, edit, withdraw; for what is theirs, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from chassis.access.quotas import Policy
from chassis.data.unit_of_work import UnitOfWork
from health_certs import limits
from health_certs.commands import issue
from health_certs.commands.recording import SYSTEM
from health_certs.limits import DAY
from health_certs.models import Certificate, Invoice, Request

BASE = "/v1/my"
REQUESTS = f"{BASE}/health-certificate-requests"
# A white PNG of 300 by 400 pixels.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000012c0000019001000000003c0e60d6000000484944415478daedcaa101"
    "00000c0220ff7f5a5f5858844c7a124dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3"
    "344dd3344dd3344dd3344dd3b4ef36c4532816d25b50350000000049454e44ae426082"
)
pytestmark = pytest.mark.usefixtures("shop")
NOBODYS = ["former delegate", "delegate of another", "officer", "machine"]


def upload(client: Any, header: Any) -> str:
    answer = client.post(
        f"{BASE}/health-certificate-photos",
        files={"file": ("صورة.png", PICTURE, "image/png")},
        headers=header,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["attachment_id"])


def asking(client: Any, header: Any, **changes: Any) -> Any:
    """A laundry worker of the shop, as a page sends it."""
    body = {
        "worker": {
            "name": {"en": "Sample Worker"},
            "id_type": "iqama",
            "id_number": "٢٠٠٠٠٠٠٠٠٦",
            "nationality": "IND",
            "birth_date": "1994-03-02",
            "sex": "male",
            "mobile": "0500000001",
            "language": "en",
        },
        "profession": "laundry-worker",
        "establishment": {"licence_no": "144804000017"},
        "residence_permit_until": "1449/03/01",
        "centre": "saihat-centre",
        "photo": upload(client, header),
        **changes,
    }
    return client.post(REQUESTS, json=body, headers=header)


def make_request(client: Any, header: Any, **changes: Any) -> Any:
    answer = asking(client, header, **changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_one_key_asks_once_and_gets_the_first_answer_again(client: Any, everybody: Any) -> None:
    keyed = {**everybody["delegate"], "Idempotency-Key": "form-1"}
    photo = upload(client, everybody["delegate"])

    first, again = (asking(client, keyed, photo=photo) for _ in range(2))
    other = asking(client, keyed, photo=photo, residence_permit_until="1449/04/01")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["request_id"] == first.json()["request_id"]


def test_a_number_of_another_form_is_named_with_all_other_faults(
    client: Any, everybody: Any
) -> None:
    answer = asking(
        client, everybody["delegate"], establishment={"licence_no": "12"}, centre=None, photo=None
    )

    assert {one["field"] for one in answer.json()["errors"]} == {
        *("establishment.licence_no", "centre", "photo"),
    }


def test_a_look_at_the_faults_of_a_form_counts_as_a_try(
    client: Any, everybody: Any, settings: Any
) -> None:
    forms = [
        asking(client, everybody["delegate"], establishment={"licence_no": "12"})
        for _ in range(settings.changes_per_citizen + 1)
    ]

    assert [one.status_code for one in forms[-2:]] == [400, 429]


def test_a_delegate_asks_and_the_worker_sees_it_too(client: Any, everybody: Any) -> None:
    made = make_request(client, everybody["delegate"])

    assert (made["status"], made["applied_by"], made["municipality"]) == (
        *("awaiting_payment", "establishment", "saihat"),
    )
    assert made["worker"]["id_number"] == "20******06"
    assert made["submitted_on_hijri"].startswith("14")
    place = f"{REQUESTS}/{made['request_id']}"
    assert client.get(place, headers=everybody["worker"]).json() == made
    listed = client.get(REQUESTS, headers=everybody["worker"]).json()["items"]
    assert [one["request_id"] for one in listed] == [made["request_id"]]


def test_a_worker_asks_for_himself(client: Any, everybody: Any) -> None:
    made = make_request(client, everybody["worker"], establishment=None, municipality="saihat")

    assert (made["applied_by"], made["establishment"]) == ("worker", None)
    photo = client.get(f"{REQUESTS}/{made['request_id']}/photo", headers=everybody["worker"])
    assert photo.headers["Content-Type"] == "image/png"


def test_the_photo_of_a_worker_who_went_on_is_out_of_his_former_establishments_sight(
    client: Any, everybody: Any, session: Any
) -> None:
    place = f"{REQUESTS}/{make_request(client, everybody['delegate'])['request_id']}"
    row = session.scalars(select(Request)).one()
    issue.issue(UnitOfWork(session, SYSTEM, datetime.now(UTC)), [row])
    session.flush()

    def seen() -> list[int]:
        by = (everybody["delegate"], everybody["worker"])
        return [client.get(f"{place}/photo", headers=one).status_code for one in by]

    assert seen() == [200, 200]
    session.scalars(select(Certificate)).one().establishment = None
    session.flush()

    assert seen() == [404, 200]
    assert client.get(place, headers=everybody["delegate"]).status_code == 200


@pytest.mark.parametrize("who", ["former delegate", "delegate of another"])
def test_nobody_asks_for_an_establishment_that_the_token_does_not_name(
    client: Any, everybody: Any, who: str
) -> None:
    answer = asking(client, everybody[who])

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == ["not-acted-for"]


def test_an_unknown_establishment_and_anothers_have_one_answer(client: Any, everybody: Any) -> None:
    stranger = everybody["delegate of another"]
    unknown = {"licence_no": "144804000099"}

    answers = [asking(client, stranger), asking(client, stranger, establishment=unknown)]

    told = [(one.status_code, one.json()["errors"]) for one in answers]
    assert told[0] == told[1]
    assert told[0][1][0]["code"] == "not-acted-for"


def test_a_worker_is_told_that_an_establishment_is_unknown(client: Any, everybody: Any) -> None:
    answer = asking(client, everybody["worker"], establishment={"licence_no": "144804000099"})

    assert [one["code"] for one in answer.json()["errors"]] == ["establishment-unknown"]


def test_a_second_open_request_is_refused_in_words(client: Any, everybody: Any) -> None:
    make_request(client, everybody["delegate"])

    answer = asking(client, everybody["worker"])

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/request-open")
    assert answer.json()["title"] == "للعامل طلب قائم"


def operations(request_id: str) -> list[tuple[str, str, Any]]:
    """Each operation on one request, with a body that is right."""
    place = f"{REQUESTS}/{request_id}"
    return [
        ("GET", place, None),
        ("PATCH", place, {"sex": "female"}),
        ("PUT", f"{place}/centre", {"centre": "qatif-centre"}),
        ("POST", f"{place}/withdraw", None),
        ("GET", f"{place}/bill", None),
        ("POST", f"{place}/bill", None),
        ("GET", f"{place}/conditions", None),
        ("GET", f"{place}/examination", None),
        ("GET", f"{place}/photo", None),
    ]


@pytest.mark.parametrize("who", NOBODYS)
def test_to_others_a_request_is_missing_byte_by_byte(client: Any, everybody: Any, who: str) -> None:
    made = make_request(client, everybody["delegate"])
    missing = "0195ff10-4d00-7b22-9d3f-0000000009ff"

    for there, not_there in zip(operations(made["request_id"]), operations(missing), strict=True):
        answers = [
            client.request(method, path, json=body, headers=everybody[who])
            for method, path, body in (there, not_there)
        ]
        assert [one.status_code for one in answers] == [404, 404], there
        assert answers[0].content == answers[1].content
    assert (
        client.get(f"{REQUESTS}/{made['request_id']}", headers=everybody["delegate"]).json() == made
    )


def test_the_result_is_the_workers_and_missing_to_the_establishment(
    client: Any, everybody: Any, session: Any, enters: Any
) -> None:
    made = make_request(client, everybody["delegate"])
    enters(session.get(Request, made["request_id"]), "unfit")
    place = f"{REQUESTS}/{made['request_id']}"

    own = client.get(f"{place}/examination", headers=everybody["worker"])
    other = client.get(f"{place}/examination", headers=everybody["delegate"])

    assert (own.status_code, own.json()["result"]) == (200, "unfit")
    assert other.status_code == 404
    shown = client.get(f"{place}/conditions", headers=everybody["delegate"]).json()["items"]
    assert [shown[-1][name] for name in ("code", "satisfied", "source")] == [
        *("examination", None, None),
    ]
    until = {one["code"]: one["until"] for one in shown}
    assert until["payment"] > made["due_on"] == until["examination"]
    assert shown[-1]["next"]["ar"].startswith("راجعوا المركز الطبي")
    mine = client.get(f"{place}/conditions", headers=everybody["worker"]).json()["items"]
    assert (mine[-1]["satisfied"], mine[-1]["source"]["by"]) == (False, "saihat-centre")
    for who in ("worker", "delegate"):
        assert client.get(place, headers=everybody[who]).json() == made


def test_an_unfit_worker_alone_is_told_to_pay_nothing_and_what_would_change_it(
    client: Any, everybody: Any, session: Any, enters: Any
) -> None:
    made = make_request(client, everybody["delegate"])
    place = f"{REQUESTS}/{made['request_id']}"
    of_delegate = [place, f"{place}/conditions", f"{place}/bill"]
    before = [client.get(one, headers=everybody["delegate"]).content for one in of_delegate]

    enters(session.get(Request, made["request_id"]), "unfit")

    payment, examination = client.get(f"{place}/conditions", headers=everybody["worker"]).json()[
        "items"
    ]
    assert payment["next"]["ar"] == "لا تسددوا الفاتورة ما دامت النتيجة «غير لائق»."
    assert "بفحص لائق في يوم بعد يومها" in examination["next"]["ar"]
    own = client.get(f"{place}/examination", headers=everybody["worker"]).json()
    assert own["next"] == examination["next"]
    after = [client.get(one, headers=everybody["delegate"]).content for one in of_delegate]
    assert after == before


def test_everybody_reads_before_paying_that_an_unfit_worker_pays_nothing(
    client: Any, everybody: Any
) -> None:
    made = make_request(client, everybody["delegate"])

    payment, _ = client.get(
        f"{REQUESTS}/{made['request_id']}/conditions", headers=everybody["delegate"]
    ).json()["items"]

    assert "غير لائق فلا تسددوها" in payment["next"]["ar"]


def test_an_issued_certificate_is_the_workers_and_the_establishments(
    client: Any, everybody: Any, session: Any, enters: Any, pays: Any
) -> None:
    made = make_request(client, everybody["delegate"])
    row = session.get(Request, made["request_id"])
    pays(row)
    enters(row, "fit")

    for who in ("worker", "delegate"):
        (found,) = client.get(f"{BASE}/health-certificates", headers=everybody[who]).json()["items"]
        assert (found["status"], found["valid_until"]) == ("valid", "2027-11-24")
        place = f"{BASE}/health-certificates/{found['certificate_no']}"
        assert client.get(place, headers=everybody[who]).json() == found
    for who in NOBODYS:
        assert client.get(place, headers=everybody[who]).status_code == 404


def test_the_bill_says_how_it_came_about(client: Any, everybody: Any) -> None:
    made = make_request(client, everybody["delegate"])

    bill = client.get(f"{REQUESTS}/{made['request_id']}/bill", headers=everybody["delegate"]).json()

    assert (bill["amount"], bill["status"], bill["bill_number"]) == ("100.00", "requested", None)
    assert bill["lines"][0]["because"]["ar"] == "حسب جدول رسوم الشهادات الصحية"


def test_a_withdrawn_request_says_what_every_end_says(client: Any, everybody: Any) -> None:
    made = make_request(client, everybody["delegate"])

    done = client.post(
        f"{REQUESTS}/{made['request_id']}/withdraw", headers=everybody["worker"]
    ).json()

    assert (done["status"], done["status_title"]["ar"]) == (
        "not_issued",
        "انتهى دون إصدار",
    )
    assert done["next"]["ar"] == ("سبب انتهاء الطلب يراه العامل وحده في طلبه، ولكم التقدم من جديد.")
    assert done["next_step"] == "none"


@pytest.mark.parametrize(("payer", "other"), [("worker", "delegate"), ("delegate", "worker")])
def test_a_payer_whose_money_goes_back_reads_where_to_give_an_account(
    client: Any, everybody: Any, session: Any, pays: Any, payer: str, other: str
) -> None:
    made = make_request(client, everybody[payer])
    request = session.get_one(Request, made["request_id"])
    pays(request)
    place = f"{REQUESTS}/{made['request_id']}"

    done = client.post(f"{place}/withdraw", headers=everybody[payer]).json()

    account = "في صفحة «مبالغ تُرد إليكم» تُدخلون رقم آيبان باسمكم"
    assert account in done["next"]["ar"]
    assert client.get(place, headers=everybody[payer]).json() == done
    assert client.get(REQUESTS, headers=everybody[payer]).json()["items"] == [done]
    assert account not in client.get(place, headers=everybody[other]).json()["next"]["ar"]
    invoice = session.get_one(Invoice, request.invoice_id)
    invoice.status = "refunding"
    session.flush()
    assert account not in client.get(place, headers=everybody[payer]).json()["next"]["ar"]


def test_an_empty_body_beside_a_withdrawal_is_no_fault(client: Any, everybody: Any) -> None:
    made = make_request(client, everybody["worker"])
    place = f"{REQUESTS}/{made['request_id']}/withdraw"

    assert client.post(place, json={}, headers=everybody["worker"]).status_code == 200


def test_an_applicant_chooses_from_todays_lists(client: Any, everybody: Any) -> None:
    header = everybody["worker"]

    professions = client.get("/v1/health-professions", headers=header).json()["items"]
    centres = client.get("/v1/medical-centres", headers=header).json()["items"]

    codes = {one["code"] for one in professions}
    assert {"cook", "barber", "laundry-worker"} <= codes
    assert {one["organisation"] for one in centres} == {"qatif-centre", "saihat-centre"}


def test_a_delegate_isnt_told_why_the_municipality_revoked(
    client: Any, everybody: Any, in_force: Any, token: Any
) -> None:
    made = in_force()
    place = f"/v1/health-certificates/{made.certificate_no}/revoke"
    body = {"reason": "misused"}

    assert client.post(place, json=body, headers=token("health-certs.read")).status_code == 403
    revoker = token("health-certs.revoke", municipality="saihat")
    note = {"reason": "misused", "note": "..."}
    assert client.post(place, json=note, headers=revoker).status_code == 400
    done = client.post(place, json=body, headers=revoker)

    assert (done.status_code, done.json()["status"]) == (200, "revoked")
    mine = f"{BASE}/health-certificates/{made.certificate_no}"
    told = [
        client.get(mine, headers=everybody[who]).json()["revocation_reason"]
        for who in ("worker", "delegate")
    ]
    assert told == [
        {"code": "misused", "ar": "استعملها غير صاحبها", "en": "Used by somebody else"},
        None,
    ]


def test_a_certificate_is_cancelled_by_those_whose_it_is(
    client: Any, everybody: Any, in_force: Any
) -> None:
    made = in_force()
    place = f"{BASE}/health-certificates/{made.certificate_no}/cancel"

    for who in NOBODYS:
        assert client.post(place, headers=everybody[who]).status_code == 404
    done = client.post(place, headers=everybody["delegate"])

    assert (done.status_code, done.json()["status"]) == (200, "cancelled")
    again = client.post(place, headers=everybody["worker"])
    assert (again.status_code, again.json()["detail"]) == (409, "الشهادة ملغاة.")


def test_one_key_cancels_once_and_gets_the_first_answer_again(
    client: Any, everybody: Any, in_force: Any
) -> None:
    place = f"{BASE}/health-certificates/{in_force().certificate_no}/cancel"
    keyed = {**everybody["worker"], "Idempotency-Key": "form-1"}

    answers = [client.post(place, headers=keyed) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_the_document_is_printed_for_those_whose_it_is(
    client: Any, everybody: Any, in_force: Any
) -> None:
    made = in_force()
    place = f"{BASE}/health-certificates/{made.certificate_no}/document"

    printed = {who: client.get(place, headers=everybody[who]) for who in everybody}

    assert {who for who, one in printed.items() if one.status_code == 200} == {"worker", "delegate"}
    assert {printed[who].status_code for who in NOBODYS} == {404}
    assert printed["worker"].content == printed["delegate"].content


def test_to_tell_a_delegate_what_is_missing_no_result_is_read(
    client: Any, everybody: Any, enters: Any, session: Any, counted: Any
) -> None:
    """Else the time that it takes would tell whether there's one."""
    made = make_request(client, everybody["delegate"])
    enters(session.get_one(Request, made["request_id"]), "unfit")
    place, read = f"{REQUESTS}/{made['request_id']}/conditions", {}

    for who in ("delegate", "worker"):
        with counted() as statements:
            assert client.get(place, headers=everybody[who]).status_code == 200
        read[who] = any("examination" in one.partition("FROM")[2] for one in statements)

    assert read == {"delegate": False, "worker": True}


def test_changes_are_counted_by_who_makes_them(
    client: Any, everybody: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        limits, "changes_of_citizen", lambda _: Policy("changes-of-citizen", 1, DAY)
    )
    place = f"{REQUESTS}/{make_request(client, everybody['delegate'])['request_id']}"
    body, header = {"centre": "qatif-centre"}, everybody["delegate"]

    found = [client.put(f"{place}/centre", json=body, headers=header) for _ in range(2)]
    worker = client.put(f"{place}/centre", json=body, headers=everybody["worker"])

    assert [one.status_code for one in (*found, worker)] == [200, 429, 200]
    assert client.post(f"{place}/withdraw", headers=header).status_code == 429


ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@pytest.mark.parametrize(
    ("content", "code"), [(ONE_PIXEL, "photo-small"), (b"a text, no picture", "photo-type")]
)
def test_what_shows_no_face_is_no_photo(
    client: Any, everybody: Any, content: bytes, code: str
) -> None:
    answer = client.post(
        f"{BASE}/health-certificate-photos",
        files={"file": ("صورة", content, "image/png")},
        headers=everybody["worker"],
    )

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("file", code)
    assert "PDF" not in error["detail"]
