"""The table of routes: which event sends which template to which contact. A new service adds rows and no code.

`values` gives the place of each placeholder's value in the event's state: `external.body`, `expires_on/day` for a date
as people read it, `amount_halalas/riyals` for an amount, `subject/thing` for what a bill is for. For a contact who
reads names in English (`domain.languages`), `external.body_en` is used if the state has it. `((municipality))` is
always known, and `((link))` comes from the contact's token."""

from collections.abc import Mapping

from notify.domain.appointment_routes import APPOINTMENT_TOPICS
from notify.domain.payment_routes import PAYMENT_TOPICS
from notify.domain.routes import GIVEN, ExpiryReminder, ReminderList, Route, Topic
from notify.domain.tender_routes import TENDER_TOPICS
from notify.domain.transaction_routes import TRANSACTION_TOPICS

_REPORT = {"number": "report_number"}
_ALERT = {**_REPORT, "type": "category_name", "place": "place"}
_PERMIT = {"number": "permit_number"}
_FOR_OWNER = "cancellation.for_owner"  # missing in earlier events
_SOLD = {"successor_kind": "ownership_transfer"}
_REQUEST = {"number": "request_number"}
_CERTIFICATE = {"number": "certificate_number"}
_APPEAL = {"number": "appeal_number"}
_VALID, _COMPLETION = {"status": "valid"}, {"kind": "completion"}
_APPLICATION = {"number": "application_no"}
_LICENCE = {"number": "licence_no"}
_VIOLATION = {"number": "violation_no"}
_HEALTH_REQUEST = {"number": "request_no"}
_HEALTH = {"number": "certificate_no"}
_ESTABLISHMENT = {"number": "unified_number"}
_DELEGATION = {**_ESTABLISHMENT, "until": "last_day/day"}
_SEEN = {**_VIOLATION, "item": "item.name"}


def _worker_and_establishment(
    event: str, template: str, values: Mapping[str, str]
) -> tuple[Route, Route]:
    """Sends the same text to both. The establishment is optional, because a worker may have applied himself."""
    return (
        Route(event, "worker", template, values),
        Route(event, "establishment", template, values, optional=True),
    )


TOPICS: Mapping[str, Topic] = {
    "reports.report": Topic(
        about="report",
        number="report_number",
        events=(
            *("filed", "referred", "returned", "started", "linked_external", "asked", "answered"),
            *("resolved", "closed", "reopened", "rejected", "marked_duplicate", "split"),
            *("corrected", "escalated", "rated", "emptied"),
        ),
        routes=(
            Route("filed", "reporter", "report-received", _REPORT),
            Route(
                "filed",
                "duty_officer",
                "report-alert",
                _ALERT,
                {"priority": "urgent"},
                urgent=True,
            ),
            Route(
                "linked_external",
                "reporter",
                "report-linked-external",
                {**_REPORT, "body": "external.body"},
            ),
            Route(  # a report that turned out to be urgent
                "corrected",
                "duty_officer",
                "report-alert",
                _ALERT,
                {"priority": "urgent"},
                urgent=True,
                optional=True,
            ),
            Route("asked", "reporter", "report-question", _REPORT),
            Route("closed", "reporter", "report-closed", _REPORT, {"reopenable_until": GIVEN}),
            Route(
                "closed", "reporter", "report-closed-for-good", _REPORT, {"reopenable_until": None}
            ),
            Route("rejected", "reporter", "report-rejected", _REPORT),
            Route("marked_duplicate", "reporter", "report-duplicate", _REPORT),
            Route(
                "escalated",
                "duty_officer",
                "report-escalated",
                {**_ALERT, "level": "clock.escalation_level"},
                urgent=True,
            ),
        ),
    ),
    "permits.request": Topic(
        about="permit_request",
        number="request_number",
        events=(
            *("submitted", "edited", "forwarded", "returned", "resubmitted", "approved", "billed"),
            *("unbilled", "paid", "issued", "rejected", "cancelled", "expired", "amended"),
        ),
        # The bill's own texts tell how it's paid and that it was, the permit's that it was issued.
        routes=(
            Route("returned", "owner", "permit-request-returned", _REQUEST),
            Route("rejected", "owner", "permit-request-refused", _REQUEST),
            Route("expired", "owner", "permit-request-unpaid", _REQUEST),
        ),
    ),
    "permits.permit": Topic(
        about="permit",
        number="permit_number",
        events=(
            *("issued", "amended", "suspended", "reinstated", "cancelled", "renewed"),
            *("superseded", "completed", "entered"),
        ),
        routes=(
            Route("issued", "owner", "permit-issued", {**_PERMIT, "ends": "expires_on/day"}),
            Route("suspended", "owner", "permit-suspended", _PERMIT),
            *(
                Route("reinstated", "owner", "permit-reinstated", _PERMIT, {"status": status})
                for status in ("valid", "completed")  # suspended: another ground still stands
            ),
            Route("cancelled", "owner", "permit-cancelled", _PERMIT, {_FOR_OWNER: False}),
            Route("cancelled", "owner", "permit-cancelled", _PERMIT, {_FOR_OWNER: None}),
            Route("cancelled", "owner", "permit-cancelled-for-owner", _PERMIT, {_FOR_OWNER: True}),
            # The contacts of the replaced permit are the sellers.
            Route("superseded", "owner", "permit-transferred", _PERMIT, _SOLD),
        ),
        ends=ExpiryReminder(
            "expires_on",
            (60, 30, 7),
            Route("", "owner", "permit-ending", {**_PERMIT, "ends": "expires_on/day"}, _VALID),
        ),
    ),
    "permits.certificate": Topic(
        about="certificate",
        number="certificate_number",
        events=(
            *("opened", "inspected", "issued", "rejected", "voided", "revoked", "flagged"),
            *("unflagged", "carried", "requested", "examined", "overdue", "amended"),
        ),
        # A refused certificate has no number: its permit's is the one that the owner knows.
        routes=(
            Route("issued", "owner", "completion-issued", _CERTIFICATE, _COMPLETION),
            Route("issued", "owner", "occupancy-issued", _CERTIFICATE, {"kind": "occupancy"}),
            Route("revoked", "owner", "completion-revoked", _CERTIFICATE, _COMPLETION),
            Route("revoked", "owner", "occupancy-revoked", _CERTIFICATE, {"kind": "occupancy"}),
            Route("rejected", "owner", "completion-refused", _PERMIT, {"kind": "completion"}),
            Route("rejected", "owner", "occupancy-refused", _PERMIT, {"kind": "occupancy"}),
            Route("flagged", "owner", "completion-flagged", _CERTIFICATE, {"kind": "completion"}),
            Route("flagged", "owner", "occupancy-flagged", _CERTIFICATE, {"kind": "occupancy"}),
            Route("unflagged", "owner", "completion-unflagged", _CERTIFICATE, _COMPLETION),
            Route("unflagged", "owner", "occupancy-unflagged", _CERTIFICATE, {"kind": "occupancy"}),
        ),
    ),
    "permits.release": Topic(
        about="release",
        number="release_number",
        events=(
            *("submitted", "checked", "inspected", "returned", "resubmitted", "approved"),
            *("refused", "cancelled", "energised", "disconnection_ordered"),
            *("disconnection_acknowledged", "disconnection_withdrawn", "disconnected"),
            *("reconnection_allowed", "reconnected", "amended"),
        ),
        routes=(
            Route("returned", "owner", "release-returned", _PERMIT),
            Route("refused", "owner", "release-refused", _PERMIT),
            Route("energised", "owner", "current-energised", _PERMIT),
            Route("disconnection_ordered", "owner", "disconnection-ordered", _PERMIT, urgent=True),
            Route("reconnected", "owner", "current-reconnected", _PERMIT),
        ),
    ),
    "permits.appeal": Topic(
        about="appeal",
        number="appeal_number",
        events=("filed", "accepted", "rejected", "withdrawn", "overdue", "amended"),
        routes=(
            Route("filed", "owner", "appeal-received", {**_APPEAL, "until": "decide_by/day"}),
            Route("accepted", "owner", "appeal-accepted", _APPEAL),
            Route("rejected", "owner", "appeal-rejected", _APPEAL),
        ),
    ),
    "licences.application": Topic(
        about="licence_application",
        number="application_no",
        events=(
            *("submitted", "waiting", "returned", "corrected", "reviewed", "inspection_ordered"),
            *("inspected", "verified", "approved", "billed", "issued", "refused", "withdrawn"),
            "emptied",
        ),
        routes=(
            # No contact: the owner knows already what is asked.
            Route(
                "waiting",
                "owner",
                "licence-application-asked",
                {**_APPLICATION, "what": "asked.words", "until": "ends_on/day"},
                {"asked": GIVEN},
                optional=True,
            ),
            Route(
                "waiting",
                "owner",
                "licence-application-waiting",
                _APPLICATION,
                {"asked": None},
                optional=True,
            ),
            Route(
                "reviewed",
                "owner",
                "licence-application-in-review",
                {**_APPLICATION, "until": "review_until/day"},
            ),
            Route(
                "inspection_ordered",
                "owner",
                "licence-application-inspection",
                {**_APPLICATION, "until": "inspection.due_on/day"},
            ),
            Route(
                "inspected",
                "owner",
                "licence-application-inspected",
                _APPLICATION,
                {"inspection.result": "passed"},
            ),
            Route(
                "returned",
                "owner",
                "licence-application-returned",
                {**_APPLICATION, "until": "ends_on/day"},
            ),
            # A second sending by a municipality's system, and its request about an unknown licence, are refused to that
            # system alone: the owner's own application is fine.
            *(
                Route(
                    "refused",
                    "owner",
                    "licence-application-refused",
                    _APPLICATION,
                    {"reason_code": reason},
                )
                for reason in ("conditions", "waited-too-long", "by-officer", "licence-not-valid")
            ),
            *(
                Route("withdrawn", "owner", template, _APPLICATION, {"reason_code": reason})
                for reason, template in (
                    ("unpaid", "licence-application-unpaid"),
                    ("not-completed", "licence-application-not-completed"),
                    ("licence-not-valid", "licence-application-not-issued"),
                )
            ),
        ),
    ),
    "licences.licence": Topic(
        about="licence",
        number="licence_no",
        events=(
            *("issued", "renewed", "suspended", "reinstated", "cancelled", "closed"),
            *("corrected", "emptied"),
        ),
        routes=(
            Route("issued", "owner", "licence-issued", {**_LICENCE, "ends": "expires_on/day"}),
            Route(
                "issued",
                "owner",
                "licence-visit",
                {**_LICENCE, "until": "visit_due_on/day"},
                {"visit_due_on": GIVEN},
            ),
            Route("renewed", "owner", "licence-renewed", {**_LICENCE, "ends": "expires_on/day"}),
            Route("suspended", "owner", "licence-suspended", _LICENCE),
            Route("reinstated", "owner", "licence-reinstated", _LICENCE),
            *(
                Route("cancelled", "owner", template, _LICENCE, {"reason_code": reason})
                for reason, template in (
                    ("by-owner", "licence-ended"),
                    ("by-municipality", "licence-cancelled"),
                )
            ),
            Route(
                "cancelled",
                "owner",
                "licence-moved",
                {**_LICENCE, "new": "replaced_by"},
                {"reason_code": "moved"},
            ),
            Route("closed", "owner", "licence-closed", _LICENCE),
        ),
        ends=ExpiryReminder(
            "expires_on",
            (60, 30, 7),
            Route("", "owner", "licence-ending", {**_LICENCE, "ends": "expires_on/day"}, _VALID),
        ),
    ),
    "licences.violation": Topic(
        about="violation",
        number="violation_no",
        events=(
            *("observed", "warned", "correction_ended", "corrected", "confirmed", "notified"),
            *("billed", "objected", "decision_overdue", "upheld", "reduced", "cancelled", "sued"),
            *("paid", "refund_requested", "refunded", "payment_returned", "became_final"),
            *("place_closed", "closed", "emptied"),
        ),
        routes=(
            Route("warned", "owner", "violation-warned", {**_SEEN, "until": "correct_until/day"}),
            Route("corrected", "owner", "violation-corrected", _VIOLATION),
            Route(
                "notified", "owner", "violation-notified", {**_SEEN, "until": "object_until/day"}
            ),
            Route("objected", "owner", "violation-objected", _VIOLATION),
            Route("upheld", "owner", "violation-upheld", _VIOLATION),
            Route("reduced", "owner", "violation-reduced", _VIOLATION),
            Route("cancelled", "owner", "violation-cancelled", _VIOLATION, {"paid_at": None}),
            Route(
                "cancelled",
                "owner",
                "violation-cancelled-refund",
                {**_VIOLATION, "amount": "refunding_halalas/riyals"},
                {"paid_at": GIVEN},
            ),
            Route(
                "refund_requested",
                "owner",
                "violation-refund-requested",
                {**_VIOLATION, "amount": "refunding_halalas/riyals"},
            ),
            Route("payment_returned", "owner", "violation-owed-again", _VIOLATION),
            # The bill's own texts tell how it's paid and that it was.
            Route("became_final", "owner", "violation-final", _VIOLATION),
        ),
    ),
    # Whatever a request ended for, and a certificate was cancelled for, its text is one: no row may look at more than
    # the event's type.
    "health-certs.request": Topic(
        about="health_request",
        number="request_no",
        events=("submitted", "amended", "billed", "moved", "issued", "ended", "emptied"),
        # The bill's own texts tell how it's paid and that it was, the certificate's that it was issued.
        routes=(
            Route(
                "submitted",
                "worker",
                "health-request-received",
                {**_HEALTH_REQUEST, "until": "due_on/day", "centre": "centre.name"},
            ),
            *_worker_and_establishment("ended", "health-request-not-issued", _HEALTH_REQUEST),
        ),
    ),
    "health-certs.certificate": Topic(
        about="health_certificate",
        number="certificate_no",
        events=("issued", "cancelled", "revoked", "replaced", "transferred", "emptied"),
        routes=(
            *_worker_and_establishment(
                "issued", "health-certificate-issued", {**_HEALTH, "ends": "valid_until/day"}
            ),
            *_worker_and_establishment("cancelled", "health-certificate-cancelled", _HEALTH),
            *_worker_and_establishment("revoked", "health-certificate-revoked", _HEALTH),
        ),
        ends=ExpiryReminder(
            "valid_until",
            (60, 30, 7),
            Route(
                "",
                "worker",
                "health-certificate-ending",
                {**_HEALTH, "ends": "valid_until/day"},
                {"status": "valid"},
            ),
            ReminderList(
                "establishment.unified_number", "establishment", "health-certificates-ending"
            ),
        ),
    ),
    # An end is told too, so that nobody is thrown out, or acts on, unnoticed.
    "identity.delegation": Topic(
        about="delegation",
        number="unified_number",
        events=("named", "ended"),
        routes=(
            Route("named", "delegate", "delegation-named", _DELEGATION, optional=True),
            Route("named", "owner", "delegation-made", _DELEGATION, optional=True),
            Route("ended", "delegate", "delegation-ended", _ESTABLISHMENT, optional=True),
            Route("ended", "owner", "delegation-ended", _ESTABLISHMENT, optional=True),
        ),
    ),
    **APPOINTMENT_TOPICS,
    **TRANSACTION_TOPICS,
    **TENDER_TOPICS,
    **PAYMENT_TOPICS,
}


# What ends, by the name of its aggregate.
ENDS: Mapping[str, ExpiryReminder] = {
    topic.about: topic.ends for topic in TOPICS.values() if topic.ends is not None
}
