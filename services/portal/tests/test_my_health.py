"""A worker's pages: what to do now, the bill, the application, the certificate."""

import re
from datetime import UTC, datetime

import pytest

from chassis.core import contracts
from pages.origins import csrf_token
from portal.domain.areas import MY
from portal.domain.tasks import MY_HEALTH
from portal.outside.services import FileReply, Reply

EXAMPLES = contracts.openapi("health-certs")["components"]["examples"]
REQUESTS, CERTIFICATES = "/v1/my/health-certificate-requests", "/v1/my/health-certificates"
PHOTOS = "/v1/my/health-certificate-photos"
REQUEST_ID, NUMBER = EXAMPLES["Request"]["value"]["request_id"], "1448048000017"
REQUEST, PAGE = f"{REQUESTS}/{REQUEST_ID}", f"/my/health/requests/{REQUEST_ID}"
APPLY, RENEWAL = "/my/health/apply", f"/my/health/certificates/{NUMBER}/renewal"
IQAMA = "2000000006"
FILLED = {
    "profession": "laundry-worker",
    "name_ar": "عامل (بيانات تجريبية)",
    "id_type": "iqama",
    "id_number": IQAMA,
    "residence_permit_until": "1449/03/01",
    "nationality": "IND",
    "birth_date": "1994-03-02",
    "sex": "male",
    "mobile": "0500000001",
    "language": "en",
    "municipality": "saihat",
    "centre": "saihat-centre",
}
PHOTO_ID = EXAMPLES["Photo"]["value"]["attachment_id"]
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}


def example(name, **changes):
    return {**EXAMPLES[name]["value"], **changes}


def listed(*items):
    return Reply(200, {"items": list(items), "next_cursor": None})


def problem(name, status=409, **more):
    return Reply(status, {"type": f"…/{name}", "title": "لم يُقبل", "detail": "السبب", **more})


@pytest.mark.parametrize(
    ("media_type", "status"), [("image/jpeg", 200), ("image/png", 200), ("text/html", 404)]
)
def test_the_photo_stands_on_the_page_of_the_request(worker, health, media_type, status):
    health.replies[f"{REQUEST}/photo"] = FileReply(b"photo", media_type)

    assert f'src="{PAGE}/photo"' in worker.get(PAGE).text
    assert worker.get(f"{PAGE}/photo").status_code == status


def test_an_emptied_request_has_no_photo(worker, health):
    health.replies[REQUEST] = Reply(200, example("Request", worker=None))

    assert "/photo" not in worker.get(PAGE).text


@pytest.fixture
def worker(browser, health):
    """The browser of a worker who has signed in, and a service that is well."""
    assert browser.sign_in(MY_HEALTH).status_code == 303
    request = example("Request")
    health.replies |= {
        REQUESTS: listed(request),
        CERTIFICATES: listed(example("Certificate", ending=True)),
        REQUEST: Reply(200, request),
        f"{REQUEST}/conditions": Reply(200, example("Conditions")),
        f"{REQUEST}/bill": Reply(200, example("Bill")),
        f"{REQUEST}/examination": Reply(200, example("Examination")),
        f"{CERTIFICATES}/{NUMBER}": Reply(200, example("Certificate")),
        f"{CERTIFICATES}/{NUMBER}/document": FileReply(b"%PDF-1.7", "application/pdf"),
        "/v1/medical-centres": Reply(200, example("CentreList")),
        "/v1/health-professions": Reply(200, example("ProfessionList")),
        PHOTOS: Reply(201, example("Photo")),
    }
    return browser


def apply_with(worker, health, made, picture=b"jpeg", **changes):
    """Sends the application, with a photo unless it's empty."""
    health.replies[REQUESTS] = made
    form = {"csrf_token": csrf_token(worker.cookies[MY.cookie]), **FILLED, **changes}
    files = {"photo_file": ("me.jpg", picture, "image/jpeg")} if picture else None
    return worker.send(APPLY, form, OWN, files)


def sent_to(health, path):
    return [body for one, body in health.asked if one == path]


def test_the_list_says_what_to_do_now_and_what_ends_soon(worker):
    shown = worker.get("/my/health").text

    assert "سددوا الفاتورة قبل تاريخ استحقاقها" in shown
    assert "16 رجب 1448" in shown
    assert "تنتهي قريبًا" in shown
    assert f'href="{RENEWAL}"' in shown


def test_a_certificate_that_does_not_end_soon_offers_no_renewal(worker, health):
    health.replies[CERTIFICATES] = listed(example("Certificate"))

    assert RENEWAL not in worker.get("/my/health").text


def test_the_next_pages_of_requests_and_certificates_are_apart(worker, health):
    health.replies[REQUESTS] = Reply(200, {**example("RequestPage"), "next_cursor": "c2"})

    assert 'href="/my/health?requests=c2"' in worker.get("/my/health").text
    worker.get("/my/health?requests=c2")
    assert (REQUESTS, {"limit": 20, "cursor": "c2"}) in health.asked
    assert (CERTIFICATES, {"limit": 20, "cursor": "c2"}) not in health.asked


def test_while_the_service_is_away_nobody_reads_that_there_is_nothing(worker, health):
    health.replies[REQUESTS] = None

    answer = worker.get("/my/health")

    assert answer.status_code == 503
    assert "لا طلبات" not in answer.text


def test_the_bill_has_its_number_its_biller_its_amount_and_how_it_is_paid(worker):
    shown = worker.get(PAGE).text

    assert '<bdi dir="ltr">90200000017</bdi>' in shown
    assert '<bdi dir="ltr">902</bdi>' in shown
    assert '<bdi dir="ltr">100.00</bdi>' in shown
    assert "تطبيق مصرفكم" in shown


def test_a_bill_without_a_number_is_not_paid_yet(worker, health):
    health.replies[f"{REQUEST}/bill"] = Reply(
        200, example("Bill", bill_number=None, biller_code=None)
    )

    shown = worker.get(PAGE).text

    assert "لم يصدر رقمها بعد" in shown
    assert "تطبيق مصرفكم" not in shown


@pytest.mark.parametrize(("status", "is_offered"), [("ended", True), ("requested", False)])
def test_another_bill_is_offered_once_the_bill_has_ended(worker, health, status, is_offered):
    health.replies[f"{REQUEST}/bill"] = Reply(200, example("Bill", status=status))

    assert (f'href="{PAGE}/bill"' in worker.get(PAGE).text) == is_offered


def test_an_issued_request_leads_to_the_certificate_and_its_download(worker, health):
    assert f"{NUMBER}.pdf" not in worker.get(PAGE).text
    health.replies[REQUEST] = Reply(200, example("Request", status="issued", certificate_no=NUMBER))

    shown = worker.get(PAGE).text

    assert f'href="/my/health/certificates/{NUMBER}.pdf"' in shown
    assert f'href="/my/health#certificate-{NUMBER}"' in shown


def test_an_establishment_sees_no_examination(worker, health):
    health.replies[f"{REQUEST}/examination"] = problem("not-found", 404)

    shown = worker.get(PAGE).text

    assert "لائق" not in shown
    assert "سداد الرسم" in shown


def test_an_application_sends_the_photo_first_and_leads_to_the_request(worker, health):
    answer = apply_with(worker, health, Reply(201, example("Request")))

    body = sent_to(health, REQUESTS)[-1]
    assert answer.headers["location"] == f"{PAGE}?done=health_apply"
    assert sent_to(health, PHOTOS) == [("me.jpg", b"jpeg", "image/jpeg")]
    assert body["photo"] == PHOTO_ID
    assert body["worker"]["name"] == {"ar": FILLED["name_ar"]}
    assert body["establishment"] is None
    assert IQAMA not in answer.headers["location"]


def test_a_fault_stands_beside_its_input_and_the_photo_is_not_sent_again(worker, health):
    errors = [
        {"field": "worker.id_number", "code": "check-digit", "detail": "الرقم غير صحيح"},
        {"field": "worker.name.ar", "code": "x", "detail": "اكتبوا الاسم"},
    ]

    answer = apply_with(worker, health, problem("invalid-request", 400, errors=errors))
    again = apply_with(worker, health, Reply(201, example("Request")), b"", photo=PHOTO_ID)

    assert answer.status_code == 400
    assert 'href="#id_number"' in answer.text
    assert 'id="name_ar-fault"' in answer.text
    assert f'value="{PHOTO_ID}"' in answer.text
    assert f'value="{IQAMA}"' in answer.text
    assert again.status_code == 303
    assert len(sent_to(health, PHOTOS)) == 1


def test_a_photo_that_is_refused_stands_beside_all_other_faults(worker, health):
    errors = [{"field": "file", "code": "photo-small", "detail": "الصورة صغيرة"}]
    health.replies[PHOTOS] = problem("invalid-request", 400, errors=errors)
    others = [
        {"field": "photo", "code": "required", "detail": "أرفقوا الصورة"},
        {"field": "worker.id_number", "code": "check-digit", "detail": "الرقم غير صحيح"},
    ]

    answer = apply_with(worker, health, problem("invalid-request", 400, errors=others))

    assert answer.status_code == 400
    assert answer.text.index('href="#id_number"') < answer.text.index('href="#photo"')
    assert "أرفقوا الصورة" not in answer.text
    assert f'value="{IQAMA}"' in answer.text
    assert "photo" not in sent_to(health, REQUESTS)[-1]


def test_an_absent_service_loses_no_word(worker, health):
    health.replies |= dict.fromkeys(("/v1/medical-centres", "/v1/health-professions"))

    answer = apply_with(worker, health, None, b"", photo=PHOTO_ID)

    assert answer.status_code == 503
    for typed in (IQAMA, FILLED["name_ar"], "saihat-centre", "laundry-worker", PHOTO_ID):
        assert f'value="{typed}"' in answer.text


def test_an_application_that_had_arrived_is_named_when_it_is_sent_again(worker, health):
    answer = apply_with(worker, health, problem("request-open"), b"", photo=PHOTO_ID)

    assert answer.status_code == 409
    assert "السبب" in answer.text


def test_a_worn_out_token_loses_the_photo_only_and_says_so(worker, health, my_issuer):
    my_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    worker.sign_in(MY_HEALTH)

    answer = apply_with(worker, health, Reply(201, example("Request")))
    my_issuer.claims = {}
    worker.sign_in(MY_HEALTH)
    shown = worker.get(answer.headers["location"]).text

    assert answer.headers["location"].startswith(f"{APPLY}?form=")
    assert sent_to(health, REQUESTS) == []
    assert f'value="{IQAMA}"' in shown
    assert "أرفقوه من جديد" in shown


def test_another_centre_is_put_and_leads_back_to_the_request(worker, health):
    health.replies[f"{REQUEST}/centre"] = Reply(200, example("Request"))

    answer = worker.post(f"{PAGE}/centre", {"centre": "qatif-centre"})

    assert sent_to(health, f"{REQUEST}/centre") == [{"centre": "qatif-centre"}]
    assert answer.headers["location"] == f"{PAGE}?done=health_centre"


@pytest.mark.parametrize("change", ["bill", "withdraw"])
def test_a_change_without_fields_is_confirmed_on_a_page_first(worker, health, change):
    health.replies[f"{REQUEST}/{change}"] = Reply(200, example("Request"))

    shown = worker.get(f"{PAGE}/{change}")
    answer = worker.post(f"{PAGE}/{change}", {})

    assert "1448049000017" in shown.text
    assert sent_to(health, f"{REQUEST}/{change}") == [{}]
    assert answer.headers["location"] == f"{PAGE}?done=health_{change}"


def test_a_refused_change_says_why(worker, health):
    health.replies[f"{REQUEST}/withdraw"] = problem("illegal-transition")

    answer = worker.post(f"{PAGE}/withdraw", {})

    assert answer.status_code == 409
    assert "السبب" in answer.text


def test_a_form_has_a_key_with_which_the_service_carries_it_out_once(worker, health):
    health.replies[f"{REQUEST}/withdraw"] = None
    shown = worker.get(f"{PAGE}/withdraw").text
    key = re.search('name="key" value="([^"]+)"', shown)[1]

    lost = worker.post(f"{PAGE}/withdraw", {"key": key})
    worker.post(f"{PAGE}/withdraw", {"key": key})

    assert f'name="key" value="{key}"' in lost.text
    assert "ولن يُنفذ مرتين" in lost.text
    assert health.keys == [key, key]


def test_a_form_that_was_carried_out_before_its_words_changed_says_so(worker, health):
    health.replies[f"{REQUEST}/centre"] = problem("idempotency-key-used", 422)

    answer = worker.post(f"{PAGE}/centre", {"centre": "qatif-centre", "key": "form-1"})

    assert answer.status_code == 422
    assert f'href="{PAGE}"' in answer.text
    assert 'name="key" value="form-1"' not in answer.text


def test_what_is_no_change_is_no_page(worker):
    assert worker.get(f"{PAGE}/delete").status_code == 404
    assert worker.post(f"{PAGE}/delete", {}).status_code == 404


def test_a_renewal_begins_with_the_certificates_establishment(worker, health):
    health.replies[f"{CERTIFICATES}/{NUMBER}/renew"] = Reply(201, example("Request"))

    shown = worker.get(RENEWAL).text
    answer = worker.post(
        "/my/health/renewals",
        {"certificate_no": NUMBER, "licence_no": "144804000017", "centre": "c", "photo": PHOTO_ID},
    )

    assert 'value="144804000017"' in shown
    assert answer.headers["location"] == f"{PAGE}?done=health_renewal"
    (body,) = sent_to(health, f"{CERTIFICATES}/{NUMBER}/renew")
    assert body["establishment"] == {"licence_no": "144804000017"}


def test_a_certificate_is_cancelled_after_a_page_that_says_what_follows(worker, health):
    path = f"/my/health/certificates/{NUMBER}/cancel"
    health.replies[f"{CERTIFICATES}/{NUMBER}/cancel"] = Reply(200, example("Certificate"))

    assert "لا يُتراجع عن الإلغاء" in worker.get(path).text
    assert worker.post(path, {}).headers["location"] == "/my/health?done=health_cancel"


def test_the_certificate_is_a_pdf_to_save(worker):
    answer = worker.get(f"/my/health/certificates/{NUMBER}.pdf", **{"Sec-Fetch-Site": "none"})

    assert answer.content == b"%PDF-1.7"
    assert answer.headers["content-type"] == "application/pdf"
    assert "attachment" in answer.headers["content-disposition"]


def test_a_document_that_is_none_is_refused_in_words(worker, health):
    health.replies[f"{CERTIFICATES}/{NUMBER}/document"] = problem("health-certificate-not-in-force")

    answer = worker.get(f"/my/health/certificates/{NUMBER}.pdf", **{"Sec-Fetch-Site": "none"})

    assert answer.status_code == 409
    assert "السبب" in answer.text


@pytest.mark.parametrize("number", ["x", "..%2F..", "1" * 16])
def test_what_is_no_number_reaches_no_service(worker, health, number):
    asked = len(health.asked)

    assert worker.get(f"/my/health/certificates/{number}/cancel").status_code == 404
    assert len(health.asked) == asked


def test_a_state_that_the_portal_has_no_words_for_is_shown_by_its_code(worker, health):
    examination = example("Examination", result="deferred_state", end_reason="moved_state")
    health.replies[f"{REQUEST}/examination"] = Reply(200, examination)

    shown = worker.get(PAGE)

    assert shown.status_code == 200
    for state in ("deferred_state", "moved_state"):
        assert state in shown.text


def withdrawn(health, **bill):
    """The request is withdrawn, and so says its worker's page."""
    ended = example("Request", status="not_issued", ended_on="2026-12-01", next_step="none")
    reason = example("Examination", result=None, end_reason="withdrawn")
    health.replies[REQUEST] = Reply(200, ended)
    health.replies[f"{REQUEST}/examination"] = Reply(200, reason)
    health.replies[f"{REQUEST}/bill"] = Reply(200, example("Bill", **bill))


def test_a_withdrawn_request_says_why_it_ended_and_asks_for_nothing(worker, health):
    withdrawn(health, status="refund_requested")

    shown = worker.get(PAGE).text

    assert "سبب انتهاء الطلب" in shown
    assert "سُحب بطلبكم" in shown
    assert "ناقص" not in shown


@pytest.mark.parametrize("status", ["requested", "withdrawn", "ended"])
def test_the_unpaid_bill_of_a_withdrawn_request_is_not_to_be_paid(worker, health, status):
    withdrawn(health, status=status)

    shown = worker.get(PAGE).text

    assert "أُلغيت، فلا تسددوها" in shown
    for wrong in ("اطلبوا فاتورة جديدة", "سددوها من تطبيق", "آخر يوم لهذه الفاتورة"):
        assert wrong not in shown


def test_an_open_request_whose_bill_ended_asks_for_another_bill(worker, health):
    health.replies[REQUEST] = Reply(200, example("Request", status="awaiting_payment"))
    health.replies[f"{REQUEST}/bill"] = Reply(200, example("Bill", status="ended"))

    assert "اطلبوا فاتورة جديدة" in worker.get(PAGE).text
