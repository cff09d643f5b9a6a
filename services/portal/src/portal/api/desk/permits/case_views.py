"""What the desk's page shows of a request and of a permit."""

from datetime import date
from typing import Any

from pages import marks
from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.desk.permits import views
from portal.api.desk.permits.views import (
    Document,
    Gate,
    Link,
    Rows,
    Section,
    ThingView,
    Words,
    address_of,
    arabic,
    code,
    is_in_force,
    sentence,
)
from saudi.days import legal_day

_RELEASES = "/v1/electricity-releases"
# The place of the fee, the bill and the proposed amount among the sections of a request.
MONEY = 1
# A proposed amount of a state that the service has added since is shown without words of its state.
_PROPOSAL_STATES = frozenset(("proposed", "agreed"))


def request_view(_visit: Visit, words: Words, request: Document) -> ThingView:
    main: Rows = [
        (words.text("permit_kind"), words.title(request["kind_title"])),
        (words.text("permit_use_class"), words.title(request.get("use_class_title"))),
        (words.text("desk_filter_municipality"), words.title(request.get("municipality_title"))),
        (words.text("permit_submitted_at"), words.moment(request["submitted_at"])),
        (words.text("permit_next_step"), words.title(request.get("next_step_title"))),
        (words.text("permit_transaction"), code(request["transaction_number"])),
        (words.text("permit_return_notes"), sentence(request["notes"])),
        (words.text("reason"), sentence(request["reason"])),
        (words.text("permit_remarks"), sentence(request.get("remarks"))),
    ]
    return ThingView(
        number=request["request_number"],
        title=words.text("permit_request_title"),
        status=words.title(request["status_title"]) or "",
        tone=views.tone_of(request["status"]),
        sections=[
            Section("permit_block_request", main),
            _money_section(words, request),
            views.parties_section(words, request),
            views.land_section(words, request),
            _papers_section(words, request),
        ],
        gates=_gates_of_request(words, request),
        gates_title="permit_gates_of_request",
        links=views.links(
            words,
            ("permit_issued", "permits", request["permit_id"]),
            ("permit_previous", "permits", request["previous_permit_id"]),
        ),
    )


def _gates_of_request(words: Words, request: Document) -> list[Gate]:
    """Returns what an issued permit rests on: the pledge of insulation, the amount and the payment, and the papers. A
    missing paper is a warning and blocks nothing (ADR 60). Works without insulation need no pledge."""
    gates = []
    if request["insulation_pledge"] or _lacks_pledge(request):
        gates.append(Gate(words.text("permit_gate_pledge"), bool(request["insulation_pledge"])))
    proposal = (request["fee"] or {}).get("proposal")
    if proposal is not None:
        gates.append(Gate(words.text("permit_gate_amount"), proposal["status"] == "agreed"))
    is_paid = request["payment"] is not None
    papers = [
        Gate(one[words.language], bool(one["handed_in"]), is_binding=False)
        for one in request.get("documents_needed") or ()
    ]
    return [*gates, Gate(words.text("permit_gate_payment"), is_paid), *papers]


def _lacks_pledge(request: Document) -> bool:
    """Returns whether the service warns of the pledge, without which it approves no works that need insulation."""
    return any(one["code"] == "pledge-missing" for one in request.get("warnings") or ())


def _money_section(words: Words, request: Document) -> Section:
    fee, bill = request["fee"] or {}, request["invoice"] or {}
    lines = [
        words.text("permit_fee_line", what=one[words.language], amount=marks.code(one["amount"]))
        for one in fee.get("lines") or ()
    ]
    proposal = fee.get("proposal")
    payment = request["payment"] or {}
    rows: Rows = [
        (words.text("permit_fee"), code(fee.get("amount"))),
        (words.text("permit_fee_lines"), words.lines(lines)),
        (words.text("permit_proposal"), _proposal_words(words, proposal) if proposal else None),
        (words.text("permit_bill_number"), code(bill.get("bill_number"))),
        (words.text("permit_biller"), code(bill.get("biller_code"))),
        (words.text("permit_bill_status"), words.choice("bill", bill.get("status"))),
        (words.text("permit_bill_due"), words.day(bill.get("due_on"))),
        (words.text("permit_paid_at"), words.moment(payment.get("paid_at"))),
    ]
    return Section("permit_block_money", rows)


def _proposal_words(words: Words, proposal: Document) -> Any:
    who, status = proposal["proposed_by"]["name"], proposal["status"]
    said = words.text(
        f"permit_proposal_{status}" if status in _PROPOSAL_STATES else "permit_proposal_other",
        amount=marks.code(proposal["amount"]),
        reason=marks.sentence(proposal["reason"]),
    )
    return words.lines([said, *([marks.arabic(who)] if who else [])])


def _papers_section(words: Words, request: Document) -> Section:
    rows: Rows = [
        (
            words.title(one["title"]) or one["code"],
            words.lines([marks.sentence(one["reference"]), marks.short_day(one["handed_in_on"])]),
        )
        for one in request.get("papers") or ()
    ]
    return Section("permit_block_papers", rows)


def permit_view(visit: Visit, words: Words, permit: Document) -> ThingView:
    permit_id = permit["permit_id"]
    certificates = answer_or_problem(visit, f"/v1/permits/{permit_id}/certificates")["items"]
    releases = answer_or_problem(visit, _RELEASES, {"permit_id": permit_id})["items"]
    cancellation = permit["cancellation"] or {}
    main: Rows = [
        (words.text("permit_kind"), words.title(permit["kind_title"])),
        (words.text("permit_use_class"), words.title(permit.get("use_class_title"))),
        (words.text("desk_filter_municipality"), words.title(permit.get("municipality_title"))),
        (words.text("permit_issued_on"), words.day(permit["issued_on"])),
        (words.text("permit_expires_on"), words.day(permit["expires_on"])),
        (words.text("request_number"), code(permit["request_number"])),
        (words.text("permit_verified"), None if permit["verified"] else words.text("permit_no")),
        *((words.text("permit_suspended"), _stop_words(words, one)) for one in _stops_of(permit)),
        (words.text("permit_cancelled"), sentence(cancellation.get("reason"))),
        (words.text("permit_remarks"), sentence(permit.get("remarks"))),
    ]
    return ThingView(
        number=permit["permit_number"],
        title=words.text("permit_permit_title"),
        status=words.title(permit["status_title"]) or "",
        tone=views.tone_of(permit["effective_status"]),
        sections=[
            Section("permit_block_permit", main),
            views.parties_section(words, permit),
            views.land_section(words, permit),
        ],
        gates=_gates_of_permit(words, permit, certificates, today=legal_day(visit.now)),
        links=[
            *(_certificate_link(words, one) for one in certificates),
            *(_release_link(words, one) for one in releases),
            *views.links(
                words,
                ("permit_own_request", "requests", permit["request_id"]),
                ("permit_predecessor", "permits", (permit.get("predecessor") or {}).get("permit_id")),
                ("permit_successor", "permits", (permit.get("successor") or {}).get("permit_id")),
            ),
        ],
    )  # fmt: skip


def _stops_of(permit: Document) -> list[Document]:
    if permit.get("suspensions"):
        return list(permit["suspensions"])
    return [permit["suspension"]] if permit["suspension"] else []


def _stop_words(words: Words, stop: Document) -> Any:
    return words.lines(
        [marks.sentence(stop["reason"]), arabic(stop["body"]), marks.short_day(stop["since"])]
    )


def _gates_of_permit(
    words: Words, permit: Document, certificates: list[Document], *, today: date
) -> list[Gate]:
    """Returns on what completion, occupancy and current rest: insulation, completion, final occupancy."""
    is_insulated = any(
        one["kind"] == "insulation" and is_in_force(one, today) for one in certificates
    )
    occupancy = permit.get("occupancy") or {}
    flagged = [one for one in (permit["completion"], occupancy) if one and one.get("flagged")]
    return [
        Gate(words.text("permit_gate_insulation"), is_insulated),
        Gate(
            words.text("permit_gate_completion"),
            permit["completion"] is not None and not permit["completion"]["flagged"],
        ),
        Gate(
            words.text("permit_gate_occupancy"),
            occupancy.get("kind") == "final" and not occupancy.get("flagged"),
        ),
        *(
            Gate(words.text("permit_gate_flag"), is_met=False, more=words.title(one.get("flag_title")))
            for one in flagged
        ),
    ]  # fmt: skip


def _certificate_link(words: Words, one: Document) -> Link:
    number = marks.code(one["certificate_number"]) if one["certificate_number"] else ""
    said = words.joined(words.title(one["title"]), number, words.title(one["status_title"]))
    return Link(said, address_of("certificates", one["certificate_id"]))


def _release_link(words: Words, one: Document) -> Link:
    said = words.joined(
        words.text("permit_release_title"),
        marks.code(one["release_number"]),
        words.title(one["status_title"]),
    )
    return Link(said, address_of("releases", one["release_id"]))
