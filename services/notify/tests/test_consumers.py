"""Which event speaks to whom, and by which text."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.sealing import CannotUnseal
from chassis.events.contacts import Contact, contacts_of
from notify.consumers import HANDLERS
from notify.domain import texts
from notify.domain.routes import CODE
from notify.models import Message, Template, TemplateVersion
from notify.routes import TOPICS

REPORT = "reports.report"
STATE: dict[str, dict[str, Any]] = {
    REPORT: {
        "report_number": "1448104233",
        "municipality": "safwa",
        "priority": "normal",
        "category_name": "طفح مجاري",
        "category_name_en": "Sewage overflow",
        "place": "صفوى",
        "place_en": "Safwa",
        "clock": {"kind": "working", "escalation_level": 2},
        "external": {"body": "شركة المياه الوطنية", "body_en": "National Water Company"},
    },
    "permits.permit": {
        "permit_number": "1448/1312",
        "municipality": "qatif",
        "expires_on": "2029-11-25",
    },
    "permits.request": {"request_number": "44120981", "municipality": "qatif"},
    "permits.release": {
        "release_number": "1448/7",
        "permit_number": "1448/1312",
        "municipality": "tarout",
    },
    "permits.appeal": {
        "appeal_number": "1448/3",
        "municipality": "tarout",
        "decide_by": "2027-05-09",
    },
    "permits.certificate": {
        "permit_number": "1448/1312",
        "kind": "completion",
        "certificate_number": "1448/77",
        "municipality": "qatif",
    },
    "identity.delegation": {"unified_number": "7000000005", "last_day": "2027-06-30"},
    "licences.application": {"application_no": "1448040000123", "municipality": "saihat"},
    "licences.licence": {
        "licence_no": "144804000017",
        "municipality": "saihat",
        "expires_on": "2027-11-24",
        "status": "valid",
    },
    "licences.violation": {
        "violation_no": "1448000124",
        "municipality": "saihat",
        "item": {
            "name": "عمل عامل من غير شهادة صحية سارية",
            "name_en": "A worker without a valid health certificate",
        },
        "correct_until": "2026-12-09",
        "object_until": "2026-12-25",
    },
    "health-certs.request": {
        "request_no": "1448047000017",
        "municipality": "saihat",
        "due_on": "2026-12-24",
    },
    "health-certs.certificate": {
        "certificate_no": "1448048000017",
        "municipality": "saihat",
        "valid_until": "2027-11-29",
    },
    "transactions.transaction": {
        "number": "1448047000017",
        "municipality": "saihat",
        "due_on": "2026-12-13",
        "answer_until": "2026-12-29",
        "outcome": "approved",
        "reason_code": "not-completed",
    },
    "tenders.notice": {
        "kind": "tender",
        "number": "14480450000017",
        "municipality": "saihat",
        "bids_until_day": "2026-12-27",
        "bids_until_time": "12:00",
    },
    "payments.bill": {
        "bill_number": "4482000017",
        "biller_code": "174",
        "amount_halalas": 75_000,
        "due_on": "2026-12-26",
        "municipality": "saihat",
        "subject": {"type": "licence_application", "id": "a", "number": "1448030000054"},
    },
    "payments.payment": {
        "bill_number": "4482000017",
        "amount_halalas": 75_000,
        "municipality": "saihat",
        "status": "suspended",
        "reason": "already-settled",
        "subject": {"type": "violation", "id": "v", "number": "1448000124"},
    },
}
Tell = Callable[..., list[Message]]


@pytest.fixture
def tell(context: Any) -> Tell:
    def told(
        topic: str, happened: str, *contacts: Contact, time: Any = None, **state: Any
    ) -> list[Message]:
        subject = new_id()
        block = contacts_of(context.session).seal(state.pop("sealed_for", subject), contacts)
        event = Received(
            id=new_id(),
            type=f"sa.gov.qatif.{topic}.{happened}.v1",
            subject=subject,
            sequence=1,
            time=time or datetime.now(UTC),
            data={**STATE[topic], "contacts": block, **state},
        )
        HANDLERS[topic][event.type](context, event)
        rows = context.session.query(Message).filter_by(about_id=subject)
        return list(rows.order_by(Message.role))

    return told


def person(role: str = "reporter", **more: Any) -> Contact:
    return Contact(role=role, mobile=more.pop("mobile", "0500000008"), **more)


@pytest.mark.parametrize(
    ("topic", "happened", "role", "text"),
    [
        (REPORT, "filed", "reporter", "استلمنا بلاغكم رقم 1448104233. بلدية صفوى"),
        (
            *(REPORT, "linked_external", "reporter"),
            "أُحيل بلاغكم رقم 1448104233 إلى الجهة المختصة: شركة المياه الوطنية.",
        ),
        (
            *("permits.permit", "issued", "owner"),
            "صدرت رخصة البناء 1448/1312 حتى 2029/11/25م. بلدية محافظة القطيف",
        ),
        (
            *("permits.certificate", "flagged", "owner"),
            "على شهادة الإتمام 1448/77 ملاحظة، راجعونا. بلدية محافظة القطيف",
        ),
    ],
)
def test_an_event_sends_a_text_to_its_contact(
    tell: Tell, topic: str, happened: str, role: str, text: str
) -> None:
    (row,) = tell(topic, happened, person(role))

    assert (row.text_public, row.recipient, row.state) == (text, "+966500000008", "created")


def test_a_contact_who_reads_english_gets_the_english_text(tell: Tell) -> None:
    (row,) = tell(REPORT, "linked_external", person(language="en"))

    assert row.text_public is not None
    assert row.text_public.endswith("competent body: National Water Company.")


def test_a_contact_gets_a_further_language_once_it_has_a_text(tell: Tell, session: Session) -> None:
    (before,) = tell(REPORT, "linked_external", person(language="ur"))
    words = (
        session.query(TemplateVersion)
        .join(Template, Template.template_id == TemplateVersion.template_id)
        .filter(Template.name == "report-linked-external")
        .one()
    )
    words.further = {"ur": "آپ کی رپورٹ نمبر ((number)) متعلقہ ادارے کو بھیجی گئی: ((body))."}
    session.flush()
    (after,) = tell(REPORT, "linked_external", person(language="ur"))

    assert (before.language, after.language) == ("ar", "ur")
    assert "شركة المياه الوطنية" in str(before.text_public)
    assert after.text_public == (
        "آپ کی رپورٹ نمبر 1448104233 متعلقہ ادارے کو بھیجی گئی: شركة المياه الوطنية."
    )


def test_an_event_without_a_contact_leaves_a_skipped_message(tell: Tell) -> None:
    (row,) = tell(REPORT, "filed")

    assert (row.state, row.reason) == ("skipped", "contact-missing")
    assert (row.recipient, row.text_public, row.about_number) == (None, None, "1448104233")


def test_an_event_whose_contact_cannot_be_opened_waits_for_the_right_key(
    tell: Tell, session: Session
) -> None:
    with pytest.raises(CannotUnseal):
        tell(REPORT, "filed", person(), sealed_for=new_id())

    assert session.query(Message).count() == 0


def test_a_number_that_is_no_mobile_is_skipped(tell: Tell) -> None:
    (row,) = tell(REPORT, "filed", person(mobile="0138555000"))

    assert (row.state, row.reason) == ("skipped", "number-unusable")


def test_a_dangerous_report_alerts_the_duty_officer_too(tell: Tell) -> None:
    rows = tell(REPORT, "filed", person(), person("duty_officer"), priority="urgent")

    assert [row.template for row in rows] == ["report-alert", "report-received"]


def test_two_owners_with_one_mobile_get_one_text(tell: Tell) -> None:
    rows = tell("permits.permit", "issued", person("owner"), person("owner"))

    assert len(rows) == 1


def test_an_event_without_a_route_adds_no_message(tell: Tell) -> None:
    assert tell(REPORT, "started", person()) == []


def test_an_old_event_leaves_an_expired_message_without_a_recipient(
    tell: Tell, outbox_rows: Any
) -> None:
    (row,) = tell(REPORT, "filed", person(), time=datetime.now(UTC) - timedelta(days=4))

    assert (row.state, row.reason, row.due_at) == ("expired", "past-its-time", None)
    assert (row.recipient, row.text_public, row.about_number) == (None, None, "1448104233")
    assert row.ended_at is not None
    event = outbox_rows()[-1]
    assert event.type == "sa.gov.qatif.notify.message.expired.v1"
    contracts.check_event(event.type, event.envelope["data"])


def test_the_time_of_a_text_begins_with_its_event(tell: Tell) -> None:
    happened = datetime.now(UTC) - timedelta(hours=5)

    (late,) = tell(REPORT, "filed", person(), time=happened)
    (row,) = tell(REPORT, "filed", person(), time=happened + timedelta(hours=5))

    assert late.expires_at - happened == row.expires_at - row.event_at


def test_the_token_of_a_closing_text_is_sealed(tell: Tell) -> None:
    until = "2026-11-30T20:59:59Z"

    (row,) = tell(REPORT, "closed", person(token="T0KEN"), reopenable_until=until)

    assert row.text_secret is not None
    assert row.text_secret.endswith("https://reports.test/r/T0KEN")
    assert "T0KEN" not in str(row.text_public)


def test_the_link_of_a_text_in_english_opens_its_page_in_english(tell: Tell) -> None:
    told = person(token="T0KEN", language="en")

    (row,) = tell(REPORT, "closed", told, reopenable_until="2026-11-30T20:59:59Z")

    assert str(row.text_secret).endswith("https://reports.test/r/T0KEN?lang=en")
    assert "lang" not in str(row.text_public)


def test_a_closing_for_good_has_no_link(tell: Tell) -> None:
    (row,) = tell(REPORT, "closed", person(), reopenable_until=None)

    assert row.template == "report-closed-for-good"
    assert "/r/" not in (row.text_public or "") + (row.text_secret or "")


def test_an_alert_says_what_is_wrong_and_where(tell: Tell) -> None:
    rows = tell(REPORT, "filed", person(), person("duty_officer"), priority="urgent")

    (alert,) = [row.text_public for row in rows if row.template == "report-alert"]
    assert alert == "بلاغ عاجل 1448104233: طفح مجاري، صفوى. باشروه فورًا. بلدية صفوى"


def test_the_text_of_a_bill_names_number_amount_and_last_day(tell: Tell) -> None:
    (row,) = tell("payments.bill", "registered", person("owner"))

    assert row.text_public == (
        "فاتورة سداد 4482000017 عن طلب الرخصة 1448030000054، رمز المفوتر 174، المبلغ 750.00 ريال،"
        " آخر يوم 2026/12/26. بلدية سيهات"
    )


@pytest.mark.parametrize(
    ("kind", "arabic", "english"),
    [
        ("violation", "المخالفة 77", "violation 77"),
        ("permit_request", "طلب رخصة البناء 77", "building permit request 77"),
        ("health_request", "طلب الشهادة الصحية 77", "health certificate request 77"),
        ("lease_booklet", "كراسة شروط مزايدة 77", "the booklet of a lease 77"),
        ("something_new", "معاملتكم 77", "your request 77"),
    ],
)
def test_the_text_of_a_bill_says_what_it_is_for(
    tell: Tell, kind: str, arabic: str, english: str
) -> None:
    subject = {"type": kind, "id": "x", "number": "77"}

    (row,) = tell("payments.bill", "registered", person("owner"), subject=subject)
    (other,) = tell("payments.bill", "registered", person("owner", language="en"), subject=subject)

    assert f" عن {arabic}، " in str(row.text_public)
    assert f" for {english}, " in str(other.text_public)
    assert row.about_type == ("lease_booklet" if kind == "lease_booklet" else "bill")


@pytest.mark.parametrize(
    ("reason", "template"),
    [
        ("already-settled", "payment-twice"),
        ("amount-less", "payment-differs"),
        ("bill-expired", "payment-too-late"),
        ("invoice-withdrawn", "payment-too-late"),
    ],
)
def test_a_payer_hears_once_of_money_that_settles_no_bill(
    tell: Tell, reason: str, template: str
) -> None:
    (row,) = tell("payments.payment", "suspended", person("owner"), reason=reason)

    assert row.template == template
    assert "750.00 ريال لفاتورة 4482000017 عن المخالفة 1448000124" in str(row.text_public)


def test_money_of_no_known_bill_and_money_that_settles_send_no_text(tell: Tell) -> None:
    unknown = {"bill_number": None, "subject": None, "reason": "unknown-bill"}

    assert tell("payments.payment", "suspended", **unknown) == []
    assert tell("payments.payment", "settled", reason=None) == []
    (sent,) = tell("payments.payment", "refunded", person("owner"), reason=None)
    assert sent.template == "payment-refunded"


def test_a_payer_gets_a_text_when_a_bill_is_paid_or_cancelled(tell: Tell) -> None:
    (paid,) = tell("payments.bill", "settled", person("owner"))
    (gone,) = tell("payments.bill", "cancelled", person("owner"))

    assert paid.text_public == (
        "سُددت فاتورتكم 4482000017 عن طلب الرخصة 1448030000054 بمبلغ 750.00 ريال. بلدية سيهات"
    )
    assert gone.text_public == (
        "أُلغيت فاتورة سداد 4482000017 عن طلب الرخصة 1448030000054 فلا تسددوها. بلدية سيهات"
    )


def test_an_owner_gets_texts_about_licence_and_application(tell: Tell) -> None:
    (issued,) = tell("licences.licence", "issued", person("owner"))
    (waiting,) = tell("licences.application", "waiting", person("owner"))

    assert issued.text_public == "صدرت رخصتكم رقم 144804000017 وتنتهي 2027/11/24م. بلدية سيهات"
    assert waiting.text_public is not None
    assert waiting.text_public == ("طلبكم 1448040000123 لدى جهة أخرى، لا شيء عليكم. بلدية سيهات")


def test_an_owner_is_told_of_a_visit_after_the_issue(tell: Tell) -> None:
    told = tell("licences.licence", "issued", person("owner"), visit_due_on="2026-12-09")

    assert "نعاين محل الرخصة 144804000017 حتى 2026/12/09م. بلدية سيهات" in [
        row.text_public for row in told
    ]
    assert len(told) == 2


def test_an_owner_is_asked_for_what_is_his_to_give_and_until_when(tell: Tell) -> None:
    asked = {"codes": ["lease-term"], "words": "عقد إيجار", "words_en": "A lease"}

    (told,) = tell(
        "licences.application", "waiting", person("owner"), asked=asked, ends_on="2027-02-23"
    )
    quiet = tell("licences.application", "waiting", asked=asked, ends_on="2027-02-23")

    assert told.text_public == (
        "أكملوا طلب الرخصة 1448040000123 حتى 2027/02/23م: عقد إيجار. بلدية سيهات"
    )
    assert quiet == []


def test_an_owner_is_told_of_an_inspection_and_that_it_was_passed(tell: Tell) -> None:
    visit = {"due_on": "2026-12-02", "result": None}
    (ordered,) = tell(
        "licences.application", "inspection_ordered", person("owner"), inspection=visit
    )
    (passed,) = tell(
        "licences.application",
        "inspected",
        person("owner"),
        inspection={**visit, "result": "passed"},
    )
    failed = tell(
        "licences.application",
        "inspected",
        person("owner"),
        inspection={**visit, "result": "failed"},
    )

    assert "2026/12/02" in str(ordered.text_public)
    assert passed.template == "licence-application-inspected"
    assert failed == []


@pytest.mark.parametrize("reason", ["application-open", "licence-held", "licence-unknown"])
def test_a_second_sending_that_is_refused_tells_the_owner_nothing(tell: Tell, reason: str) -> None:
    assert tell("licences.application", "refused", person("owner"), reason_code=reason) == []
    (told,) = tell("licences.application", "refused", person("owner"), reason_code="conditions")
    assert told.template == "licence-application-refused"


def test_who_is_refused_a_licence_is_told_where_the_reasons_are(tell: Tell) -> None:
    refused = "licences.application", "refused"
    (arabic,) = tell(*refused, person("owner"), reason_code="conditions")
    (english,) = tell(*refused, person("owner", language="en"), reason_code="conditions")

    assert arabic.text_public == ("رُفض الطلب 1448040000123 وأسبابه في صفحتكم بموقعنا. بلدية سيهات")
    assert "on your page of our site" in str(english.text_public)


def test_a_move_is_told_as_a_move(tell: Tell) -> None:
    moved = {"reason_code": "moved", "replaced_by": "144804000018"}
    (told,) = tell("licences.licence", "cancelled", person("owner"), **moved)
    (own,) = tell("licences.licence", "cancelled", person("owner"), reason_code="by-owner")

    assert told.text_public == ("حلت الرخصة 144804000018 محل 144804000017. بلدية سيهات")
    assert "بناء على طلبكم" in str(own.text_public)


def test_a_cancelled_fine_promises_money_only_to_who_paid(tell: Tell) -> None:
    paid = {"paid_at": "2026-12-10T09:00:00Z", "refunding_halalas": 20_000}

    (free,) = tell("licences.violation", "cancelled", person("owner"))
    (back,) = tell("licences.violation", "cancelled", person("owner"), **paid)

    assert "يعاد" not in str(free.text_public)
    assert "200.00" in str(back.text_public)


def test_who_paid_what_is_not_owed_is_told_that_it_goes_back_and_payments_tells_that_it_went(
    tell: Tell,
) -> None:
    (asked,) = tell(
        "licences.violation", "refund_requested", person("owner"), refunding_halalas=20_000
    )
    gone = tell("licences.violation", "refunded", person("owner"), refunded_halalas=20_000)

    assert "200.00" in str(asked.text_public)
    assert gone == []


def test_a_payer_whose_money_goes_back_is_asked_for_an_account_with_how_and_by_when(
    tell: Tell,
) -> None:
    (asked,) = tell("payments.payment", "refund_wanted", person("owner"), reason=None)

    assert asked.text_public == (
        "يعاد إليكم 750.00 ريال سُددت لفاتورة 4482000017 عن المخالفة 1448000124."
        " أدخلوا رقم آيبان باسمكم في صفحتكم بموقع البلدية أو أحضروه إليها، بلا موعد نهائي. بلدية سيهات"
    )


def test_a_payer_whose_account_was_not_accepted_is_asked_for_another(tell: Tell) -> None:
    (asked,) = tell("payments.payment", "account_wanted", person("owner"))

    assert asked.template == "payment-account-wanted"
    assert "لأن الحساب لم يُقبل. أدخلوا رقم آيبان باسمكم" in str(asked.text_public)


def test_delegate_and_owner_are_told_that_a_delegation_began_and_was_ended(tell: Tell) -> None:
    both = (person("delegate"), person("owner", mobile="0500000016"))

    began = tell("identity.delegation", "named", *both)
    ended = tell("identity.delegation", "ended", *both)

    assert [row.text_public for row in began] == [
        "فُوضتم عن المنشأة 7000000005 حتى 2027/06/30م. بلدية محافظة القطيف",
        "لمنشأتكم 7000000005 مفوض جديد حتى 2027/06/30م، ولكم إنهاؤه. بلدية محافظة القطيف",
    ]
    assert {row.text_public for row in ended} == {
        "أُنهي تفويض عن المنشأة 7000000005. بلدية محافظة القطيف"
    }
    assert len(ended) == 2
    assert tell("identity.delegation", "named") == []


@pytest.mark.parametrize(("status", "texts"), [("valid", 1), ("completed", 1), ("suspended", 0)])
def test_an_owner_is_told_that_a_suspended_permit_is_in_force_again(
    tell: Tell, status: str, texts: int
) -> None:
    told = tell("permits.permit", "reinstated", person("owner"), status=status)

    assert [row.text_public for row in told] == [
        "عادت رخصة البناء 1448/1312 نافذة. بلدية محافظة القطيف"
    ] * texts


def test_a_seller_is_told_that_the_permit_went_to_other_owners(tell: Tell) -> None:
    seller = person("owner")

    (told,) = tell("permits.permit", "superseded", seller, successor_kind="ownership_transfer")
    renewed = tell("permits.permit", "superseded", seller, successor_kind="renewal")

    assert told.text_public == (
        "انتقلت رخصة البناء رقم 1448/1312 إلى ملاك جدد."
        " إن لم تطلبوا ذلك فراجعوا البلدية فورًا. بلدية محافظة القطيف"
    )
    assert renewed == []


def test_an_offender_gets_texts_about_warning_fine_and_decision(tell: Tell) -> None:
    (warned,) = tell("licences.violation", "warned", person("owner"))
    (notified,) = tell("licences.violation", "notified", person("owner", language="en"))
    quiet = [
        tell("licences.violation", one, person("owner"))
        for one in ("observed", "confirmed", "billed", "paid", "place_closed", "closed", "emptied")
    ]

    assert warned.text_public == (
        "تنبيه برقم 1448000124: عمل عامل من غير شهادة صحية سارية. صححوها حتى 2026/12/09م وإلا حُررت مخالفة. بلدية سيهات"
    )
    assert notified.text_public == (
        "Violation no. 1448000124 was recorded: A worker without a valid health certificate."
        " You may object until 2026/12/25. Saihat Municipality"
    )
    for one in ("corrected", "objected", "upheld", "reduced", "cancelled", "became_final"):
        (told,) = tell("licences.violation", one, person("owner"))
        assert "1448000124" in str(told.text_public)
    assert quiet == [[]] * 7


def test_an_owner_gets_texts_about_the_request_for_a_permit(tell: Tell) -> None:
    (returned,) = tell("permits.request", "returned", person("owner"))
    (refused,) = tell("permits.request", "rejected", person("owner", language="en"))
    (unpaid,) = tell("permits.request", "expired", person("owner"))
    quiet = [
        tell("permits.request", one, person("owner"))
        for one in ("submitted", "forwarded", "approved", "billed", "paid", "issued", "cancelled")
    ]

    assert returned.text_public == (
        "أكملوا طلب رخصة البناء 44120981 وأعيدوا تقديمه. بلدية محافظة القطيف"
    )
    assert refused.text_public == (
        "Building permit request no. 44120981 was refused. See the municipality for the reason."
        " Qatif Governorate Municipality"
    )
    assert "44120981" in str(unpaid.text_public)
    assert quiet == [[]] * 7


@pytest.mark.parametrize(("kind", "word"), [("completion", "إتمام"), ("occupancy", "إشغال")])
def test_an_owner_gets_a_text_about_a_refused_or_questioned_certificate(
    tell: Tell, kind: str, word: str
) -> None:
    (refused,) = tell(
        "permits.certificate", "rejected", person("owner"), kind=kind, certificate_number=None
    )
    (flagged,) = tell("permits.certificate", "flagged", person("owner"), kind=kind)
    (unflagged,) = tell("permits.certificate", "unflagged", person("owner"), kind=kind)

    told = [str(one.text_public) for one in (refused, flagged, unflagged)]
    assert [word in one for one in told] == [True] * 3
    assert "رُفعت" in told[2]
    assert "1448/1312" in str(refused.text_public)
    assert "1448/77" in str(flagged.text_public)


@pytest.mark.parametrize(("kind", "word"), [("completion", "إتمام"), ("occupancy", "الإشغال")])
def test_an_owner_hears_of_a_certificate_that_was_issued_and_of_one_that_was_revoked(
    tell: Tell, kind: str, word: str
) -> None:
    (issued,) = tell("permits.certificate", "issued", person("owner"), kind=kind)
    (revoked,) = tell("permits.certificate", "revoked", person("owner"), kind=kind)

    assert (word in issued.text_public, "صدرت" in issued.text_public) == (True, True)
    assert (word in revoked.text_public, "سُحبت" in revoked.text_public) == (True, True)
    assert "1448/77" in issued.text_public


def test_an_insulation_certificate_brings_the_owner_no_text(tell: Tell) -> None:
    for happened in ("issued", "revoked"):
        assert tell("permits.certificate", happened, person("owner"), kind="insulation") == []


def test_an_owner_gets_texts_about_an_appeal(tell: Tell) -> None:
    (received,) = tell("permits.appeal", "filed", person("owner"))
    (accepted,) = tell("permits.appeal", "accepted", person("owner", language="en"))
    (rejected,) = tell("permits.appeal", "rejected", person("owner"))

    assert received.text_public == ("نبت في اعتراضكم 1448/3 حتى 2027/05/09م. بلدية تاروت")
    assert accepted.text_public == (
        "Your appeal no. 1448/3 was accepted and the decision lifted. Tarout Municipality"
    )
    assert "المحكمة الإدارية" in str(rejected.text_public)
    assert tell("permits.appeal", "withdrawn", person("owner")) == []


@pytest.mark.parametrize(
    "topic",
    [f"permits.{name}" for name in ("permit", "request", "certificate", "release", "appeal")],
)
def test_nobody_gets_a_text_about_a_correction_of_the_owners(tell: Tell, topic: str) -> None:
    assert tell(topic, "amended", person("owner")) == []


def test_an_owner_gets_texts_about_the_supply_and_its_disconnection(tell: Tell) -> None:
    (energised,) = tell("permits.release", "energised", person("owner"))
    (ordered,) = tell("permits.release", "disconnection_ordered", person("owner"))
    others = [
        tell("permits.release", one, person("owner"))
        for one in ("returned", "refused", "reconnected", "submitted", "approved", "disconnected")
    ]

    assert energised.text_public == "أُطلق التيار لمبنى الرخصة 1448/1312. بلدية تاروت"
    assert ordered.text_public == (
        "أمرت البلدية بفصل التيار عن مبنى الرخصة رقم 1448/1312 لخطر فيه. أخلوا موضع الخطر وراجعوها. بلدية تاروت"
    )
    assert [len(told) for told in others] == [1, 1, 1, 0, 0, 0]


def test_a_withdrawn_application_sends_no_text(tell: Tell) -> None:
    (unpaid,) = tell("licences.application", "withdrawn", person("owner"), reason_code="unpaid")
    own = tell("licences.application", "withdrawn", person("owner"), reason_code="by-applicant")

    assert unpaid.template == "licence-application-unpaid"
    assert own == []


def test_the_end_of_a_bill_that_was_never_registered_sends_no_text(tell: Tell) -> None:
    assert tell("payments.bill", "cancelled", person("owner"), bill_number=None) == []
    assert tell("payments.bill", "settled", person("owner"), bill_number=None) == []


def test_every_event_type_of_a_followed_topic_is_known() -> None:
    for name, topic in TOPICS.items():
        declared = contracts.topics()[name]["event_types"]
        assert [f"sa.gov.qatif.{name}.{one}.v1" for one in topic.events] == declared


def test_every_route_has_its_template_and_all_its_values(session: Any) -> None:
    for topic in TOPICS.values():
        for route in topic.routes:
            wording = (
                session.query(TemplateVersion)
                .join(Template, Template.template_id == TemplateVersion.template_id)
                .filter(Template.name == route.template, TemplateVersion.number == Template.current)
                .one()
            )
            secret = CODE if topic.page == CODE else texts.LINK
            page = {"page"} if topic.public_page else set()
            known = {*route.values, "municipality", secret} | page
            assert set(wording.parameters) <= known, route.template
            assert route.event in topic.events


def test_a_question_ends_with_the_link_by_which_it_is_answered(tell: Tell) -> None:
    (row,) = tell(REPORT, "asked", person(token="T0KEN"))

    assert "سؤال عن بلاغكم 1448104233" in str(row.text_public)
    assert "T0KEN" not in str(row.text_public)
    assert str(row.text_secret).endswith("/r/T0KEN")
