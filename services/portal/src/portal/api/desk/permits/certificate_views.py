"""What the desk's page shows of a certificate, of a release of current and of an appeal."""

from datetime import date

from pages import marks
from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.desk.permits import views
from portal.api.desk.permits.views import (
    Document,
    Gate,
    Rows,
    Section,
    ThingView,
    Words,
    arabic,
    code,
    is_in_force,
    sentence,
)
from saudi.days import legal_day


def certificate_view(_visit: Visit, words: Words, one: Document) -> ThingView:
    occupancy = one.get("occupancy") or {}
    main: Rows = [
        (words.text("permit_number"), code(one["permit_number"])),
        (words.text("desk_filter_municipality"), words.title(one.get("municipality_title"))),
        (words.text("permit_opened_at"), words.moment(one["opened_at"])),
        (words.text("issued"), words.day(one["issued_on"])),
        (words.text("valid_until"), words.day(one["valid_until"])),
        (words.text("partner_number"), code(one.get("partner_certificate_number"))),
        (words.text("permit_inspected_on"), words.day(one.get("inspected_on"))),
        (words.text("permit_inspector"), arabic(one.get("inspector"))),
        (words.text("reason"), sentence(one["reason"])),
        (words.text("permit_defects"), words.lines(map(marks.sentence, one.get("defects") or ()))),
        (
            words.text("permit_refusals"),
            words.lines(marks.sentence(each[words.language]) for each in one.get("refusals") or ()),
        ),
        (words.text("flag"), words.title(one.get("flag_title"))),
    ]
    return ThingView(
        number=one["certificate_number"],
        title=words.title(one["title"]) or "",
        status=words.title(one["status_title"]) or "",
        tone=views.tone_of(one["status"]),
        sections=[
            Section("permit_block_certificate", main),
            _visits_section(words, one),
            _occupancy_section(words, occupancy),
        ],
        gates=_gates_of_certificate(words, one),
        links=views.links(
            words,
            ("permit_its_permit", "permits", one["permit_id"]),
            ("permit_its_insulation", "certificates", one["insulation_certificate_id"]),
        ),
    )


def _gates_of_certificate(words: Words, one: Document) -> list[Gate]:
    """Returns the stages of insulation, or the inspection of a building to occupy."""
    if one["kind"] == "insulation":
        passed = {stage["stage"] for stage in one["stages"] if stage["result"] == "pass"}
        stages = ("walls", "roof", "windows")
        return [Gate(words.choice("stage", name), name in passed) for name in stages]
    if one["kind"] == "occupancy":
        seen = (one.get("occupancy") or {}).get("inspection") or {}
        return [Gate(words.text("permit_gate_inspection"), seen.get("result") == "pass")]
    return []


def _visits_section(words: Words, one: Document) -> Section:
    rows: Rows = []
    for seen in one.get("visits") or one["stages"]:
        u_value = seen.get("u_value")
        said = [
            words.choice("result", seen["result"]),
            marks.short_day(seen["inspected_on"]),
            arabic(seen.get("inspector")),
            sentence(seen.get("materials")),
            words.text("permit_u_value", value=marks.code(u_value)) if u_value else None,
            *map(marks.sentence, seen.get("defects") or ()),
            *(marks.sentence(odd[words.language]) for odd in seen.get("warnings") or ()),
        ]
        rows.append(
            (words.choice("stage", seen["stage"]) or "", words.lines(each for each in said if each))
        )
    return Section("permit_block_visits", rows)


def _occupancy_section(words: Words, part: Document) -> Section:
    if not part:
        return Section("permit_block_occupancy", [])
    signatory = part.get("signatory") or {}
    rows: Rows = [
        (words.text("permit_occupancy_kind"), words.title(part["kind_title"])),
        (words.text("permit_requested_on"), words.day(part["requested_on"])),
        (words.text("permit_decide_by"), words.day(part["decide_by"])),
        (words.text("permit_overdue"), words.text("permit_yes") if part["overdue"] else None),
        (words.text("permit_use"), arabic(part["use"])),
        (words.text("permit_occupants"), code(part["occupants"])),
        (words.text("permit_fire_protection"), words.yes_or_no(part["fire_protection"])),
        *views.inspection_rows(words, part.get("inspection")),
        (words.text("permit_signatory"), arabic(signatory.get("name"))),
    ]
    return Section("permit_block_occupancy", rows)


def release_view(visit: Visit, words: Words, one: Document) -> ThingView:
    permit = answer_or_problem(visit, f"/v1/permits/{one['permit_id']}")
    certificates = answer_or_problem(visit, f"/v1/permits/{one['permit_id']}/certificates")["items"]
    approval, supply = one["approval"] or {}, one["supply"]
    main: Rows = [
        (words.text("permit_number"), code(one["permit_number"])),
        (words.text("desk_filter_municipality"), words.title(one.get("municipality_title"))),
        (words.text("wanted"), words.choice("extent", one["extent"])),
        (words.text("submitted"), words.day(one["submitted_on"])),
        (words.text("approved"), words.choice("extent", approval.get("extent"))),
        (words.text("permit_approved_on"), words.day(approval.get("approved_on"))),
        (words.text("given"), words.choice("supply", supply["extent"])),
        (words.text("permit_energised_on"), words.day(supply["energised_on"])),
        (words.text("permit_meters"), words.lines(map(marks.code, supply["meter_numbers"]))),
        (words.text("flag"), words.title(one.get("flag_title"))),
        (words.text("reason"), sentence(one["reason"])),
    ]
    seen = one["site_inspection"]
    return ThingView(
        number=one["release_number"],
        title=words.text("permit_release_title"),
        status=words.title(one["status_title"]) or "",
        tone=views.tone_of(one["status"]),
        sections=[
            Section("permit_block_release", main),
            Section("permit_block_site_inspection", views.inspection_rows(words, seen)),
            _danger_section(words, one["disconnection"] or {}),
            _coordination_section(words, one["coordination"] or {}),
        ],
        gates=_gates_of_release(words, one, permit, certificates, today=legal_day(visit.now)),
        links=views.links(
            words,
            ("permit_its_permit", "permits", one["permit_id"]),
            ("permit_its_insulation", "certificates", approval.get("insulation_certificate_id")),
        ),
    )  # fmt: skip


# The states of a permit on which current is released; every other state withdraws an unused approval.
_PERMIT_STANDS = frozenset(("valid", "completed"))


def _gates_of_release(
    words: Words,
    release: Document,
    permit: Document,
    certificates: list[Document],
    *,
    today: date,
) -> list[Gate]:
    """Returns on what an approval rests: a permit that stands, insulation, an inspected place, and for full current a
    final occupancy certificate. The service has the rule of the day."""
    seen, occupancy = release["site_inspection"], permit.get("occupancy") or {}
    stands = permit["effective_status"] in _PERMIT_STANDS
    gates = [
        Gate(
            words.text("permit_gate_stands"),
            stands,
            None if stands else words.title(permit["status_title"]),
        ),
        Gate(
            words.text("permit_gate_insulation"),
            any(one["kind"] == "insulation" and is_in_force(one, today) for one in certificates),
        ),
        Gate(words.text("permit_gate_site"), bool(seen) and seen["result"] == "pass"),
    ]
    if release["extent"] == "full":
        is_final = occupancy.get("kind") == "final" and not occupancy.get("flagged")
        gates.append(Gate(words.text("permit_gate_occupancy"), is_final))
    return gates


# What happened on an order to disconnect, in the order of its life.
_STEPS_OF_ORDER = (
    *("ordered", "acknowledged", "executed", "withdrawn"),
    *("reconnection_allowed", "reconnected"),
)


def _danger_section(words: Words, order: Document) -> Section:
    steps = [
        (words.text(f"permit_order_{name}"), words.day(order.get(f"{name}_on")))
        for name in _STEPS_OF_ORDER
    ]
    return Section(
        "permit_block_danger", [(words.text("reason"), sentence(order.get("reason"))), *steps]
    )


def _coordination_section(words: Words, place: Document) -> Section:
    rows: Rows = [
        (words.text("permit_coordination_number"), code(place.get("certificate_number"))),
        (words.text("permit_load"), code(place.get("load_kva"))),
        (words.text("permit_meter_place"), sentence(place.get("meter_place"))),
    ]
    return Section("permit_block_coordination", rows)


def appeal_view(_visit: Visit, words: Words, one: Document) -> ThingView:
    decided_by = (one["appealed_by"] or {}).get("name")
    main: Rows = [
        (words.text("permit_appeal_against"), words.title(one["against_title"])),
        (words.text("permit_number"), code(one["permit_number"])),
        (words.text("request_number"), code(one["request_number"])),
        (words.text("desk_filter_municipality"), words.title(one.get("municipality_title"))),
        (words.text("permit_appellant"), arabic(one["appellant"]["name"])),
        (words.text("permit_grounds"), sentence(one["grounds"])),
        (words.text("permit_decided_by"), arabic(decided_by)),
        (words.text("permit_noticed_on"), words.day(one["noticed_on"])),
        (words.text("permit_filed_on"), words.day(one["filed_on"])),
        (words.text("permit_decide_by"), words.day(one["decide_by"])),
        (words.text("permit_overdue"), words.text("permit_yes") if one["overdue"] else None),
        (
            words.text("permit_block_papers"),
            words.lines(marks.sentence(paper["title"]) for paper in one["documents"]),
        ),
        (words.text("permit_decision_reasons"), sentence(one["reason"])),
        (words.text("permit_ended_on"), words.day(one["ended_on"])),
    ]
    return ThingView(
        number=one["appeal_number"],
        title=words.text("permit_appeal_title"),
        status=words.title(one["status_title"]) or "",
        tone=views.tone_of(one["status"]),
        sections=[Section("permit_block_appeal", main)],
        links=views.links(
            words,
            ("permit_its_permit", "permits", one["permit_id"]),
            ("permit_its_request", "requests", one["request_id"]),
            ("permit_its_certificate", "certificates", one["certificate_id"]),
        ),
    )
