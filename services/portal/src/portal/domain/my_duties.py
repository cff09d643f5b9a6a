"""What a citizen has to do, read from the citizen's lists at the services. Pure.

A service says who acts next and by when, and the portal collects. Of violations, the service says what their offender
may do, and the portal reads from the status what the offender owes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.refund_form import ACCOUNT_WANTED

Document = Mapping[str, Any]
# The step of the engineering office. `permits` counts the office to the applicant's side.
_WITH_OFFICE = "with_office"
_WITHOUT_END = "9999-12-31"
# Statuses of a violation whose fine has a bill, or gets one at once.
_OWED = ("notified", "unpaid", "upheld", "reduced")


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Something that the citizen has to do. `what` and `words` are in both languages; `text` names a text of the
    portal, where the service has no words. `until` is the last day; None where there's none. `thing_id` names the thing
    in the address of its page; empty where the list is all that the portal has. `permit` tells a permit or request from
    others with its number, because each branch counts its own."""

    source: str
    number: str
    thing_id: str = ""
    what: Document
    words: Sequence[Document] = ()
    text: str = ""
    until: str | None = None
    permit: Document | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """A list of the citizen's things at a service, the duties in it, and the portal's page about these things.

    `things`: the address below which each thing has a page by its id; empty where the list shows all of a thing.
    """

    name: str
    service: str
    path: str
    page: str
    things: str = ""
    duties_in: Callable[[Iterable[Document]], list[Duty]]


def duties_of_permits(items: Iterable[Document]) -> list[Duty]:
    """Returns the permits and requests whose owner acts next."""
    return [
        Duty(
            source="permits",
            number=one["number"],
            what=one["kind_title"],
            words=[one["next_title"]],
            until=one["until"],
            permit=one,
        )
        for one in items
        if one["next_step"] in ("applicant", "payment") and one["status"] != _WITH_OFFICE
    ]


def duties_of_applications(items: Iterable[Document]) -> list[Duty]:
    """Returns the applications for licences that lack something of the applicant, and those to be completed or paid."""
    duties = []
    for one in items:
        lacks = [missing for missing in one["missing"] if missing["by"] == "applicant"]
        if lacks or one["status"] in ("returned", "awaiting_payment"):
            duties.append(
                Duty(
                    source="licence_applications",
                    thing_id=one["application_id"],
                    number=one["application_no"],
                    what=one["trade_name"] or one["status_title"],
                    words=lacks or [one["status_title"]],
                    until=one["ends_on"],
                )
            )
    return duties


def duties_of_violations(items: Iterable[Document]) -> list[Duty]:
    """Returns the violations to be corrected, paid, or objected to."""
    return [
        Duty(
            source="violations",
            thing_id=one["violation_id"],
            number=one["violation_no"],
            what=one["status_title"],
            text=duty[0],
            until=duty[1],
        )
        for one in items
        if (duty := _duty_of_offender(one))
    ]


def _duty_of_offender(violation: Document) -> tuple[str, str | None] | None:
    """Returns the text that says what the offender does, and the last day for it; None where others act. A fine that
    nobody can object to any more is owed without a last day."""
    if violation["status"] == "warned":
        return "duty_correct", violation.get("correct_until")
    if "object" in violation.get("actions", ()):
        return "duty_pay_or_object", violation.get("object_until")
    return ("duty_pay_fine", None) if violation["status"] in _OWED else None


def duties_of_health_requests(items: Iterable[Document]) -> list[Duty]:
    """Returns the requests for health certificates whose applicant acts next."""
    return [
        Duty(
            source="health_requests",
            thing_id=one["request_id"],
            number=one["request_no"],
            what=one["profession"],
            words=[one["next"]],
            until=None if one["ended_on"] else one["due_on"],
        )
        for one in items
        if one["next_step"] in ("applicant", "payment")
    ]


def duties_of_transactions(items: Iterable[Document]) -> list[Duty]:
    """Returns the transactions that wait for their applicant."""
    return [
        Duty(
            source="transactions",
            thing_id=one["transaction_id"],
            number=one["number"],
            what=one["kind"],
            words=[one["next"]],
            until=one["answer_until"],
        )
        for one in items
        if one["next_step"] == "applicant"
    ]


def duties_of_reports(items: Iterable[Document]) -> list[Duty]:
    """Returns the reports whose reporter was asked a question."""
    return [
        Duty(
            source="reports",
            number=one["report_number"],
            what=one["category_title"],
            words=[one["next"]],
        )
        for one in items
        if one["status"] == "waiting_reporter"
    ]


def _bill_words(number: str | None) -> list[Document]:
    return [{"ar": f"الفاتورة {number}", "en": f"Bill {number}"}] if number else []


def duties_of_refunds(items: Iterable[Document]) -> list[Duty]:
    """Returns the refunds that wait for the payer's account."""
    return [
        Duty(
            source="refunds",
            thing_id=one["payment_id"],
            number=one["amount"],
            what={"ar": "المبلغ بالريال", "en": "SAR"},
            words=[*([one["why"]] if one["why"] else ()), *_bill_words(one["bill_number"])],
            text="duty_give_account",
        )
        for one in items
        if one["state"] == ACCOUNT_WANTED
    ]


PERMITS = Source(
    name="permits",
    service="permits",
    path="/v1/my/permits",
    page="/my/permits",
    duties_in=duties_of_permits,
)
APPLICATIONS = Source(
    name="licence_applications",
    service="licences",
    path="/v1/my/licence-applications",
    page="/my/licences",
    things="/my/licences/applications",
    duties_in=duties_of_applications,
)
SOURCES = (
    PERMITS,
    APPLICATIONS,
    Source(
        name="violations",
        service="licences",
        path="/v1/my/violations",
        page="/my/licences",
        things="/my/licences/violations",
        duties_in=duties_of_violations,
    ),
    Source(
        name="health_requests",
        service="health-certs",
        path="/v1/my/health-certificate-requests",
        page="/my/health",
        things="/my/health/requests",
        duties_in=duties_of_health_requests,
    ),
    Source(
        name="transactions",
        service="transactions",
        path="/v1/my/transactions",
        page="/my/transactions",
        things="/my/transactions",
        duties_in=duties_of_transactions,
    ),
    Source(
        name="reports",
        service="reports",
        path="/v1/my/reports",
        page="/my/reports",
        duties_in=duties_of_reports,
    ),
    Source(
        name="refunds",
        service="payments",
        path="/v1/my/refunds",
        page="/my/refunds",
        things="/my/refunds",
        duties_in=duties_of_refunds,
    ),
)


def in_order(duties: Iterable[Duty]) -> list[Duty]:
    """Returns the duties by their last day; those without one come last."""
    return sorted(duties, key=lambda duty: (duty.until or _WITHOUT_END, duty.number))
