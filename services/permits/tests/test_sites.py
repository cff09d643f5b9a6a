"""What a paper permit shows of its site: kept from the draft to the permit, corrected with a reason, printed, and not
published."""

from datetime import date
from typing import Any

import pytest

from documents.issuing.signing import Signing
from permits import queries
from permits.api.permit_print import permit_paper_of
from permits.api.views import warning_view
from permits.commands import change_permit, documents, plausibility_warnings, submit_request
from permits.models import Permit
from saudi.testing import without_direction

Desk = Any
SITE: dict[str, Any] = {
    "boundaries": {
        "north": {
            "description": "شارع عرض 20م",
            "length_m": 27.0,
            "street_width_m": 20.0,
            "setback_m": 4.0,
        },
        "south": {"description": "القطعة 203", "length_m": 27.0, "setback_m": 2.0},
    },
    "front": "north",
    "corner_cuts": [{"corner": "north_west", "length_m": 3.0}],
    "area_by_nature_m2": 536.0,
    "use_symbol": "س1",
    "survey_decision": {"number": "1447/2210", "decided_on": date(2025, 11, 3)},
}
GIVEN = {
    "insurance_policy_number": "MLT/2210",
    "civil_defence": {"number": "1448/771", "approved_on": date(2026, 7, 17)},
}
FIELDS = {"site": SITE, "clearances": GIVEN, "remarks": "تُترك المواقف داخل الأرض."}


def amend(desk: Desk, permit: Permit, **wanted: Any) -> None:
    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="حسب القرار المساحي",
        wanted=wanted,
    )
    desk.session.flush()


def paper_of(desk: Desk, permit: Permit, signing: Signing) -> str:
    """The words of its document."""
    document = documents.document_of_permit(desk.work, permit.permit_id, signing)
    paper = permit_paper_of(document.content, document.made_at, today=desk.now.date())
    rows = (row for section in paper.sections for row in section.rows)
    notes = [note.en for note in paper.notes]
    texts = (without_direction(part.text) for row in rows for part in row.value)
    return "\n".join([*texts, *notes])


def test_the_site_is_kept_from_the_draft_to_the_permit_and_not_published(desk: Desk) -> None:
    permit = desk.issued(**FIELDS)
    desk.session.flush()

    assert permit.site is not None
    assert permit.clearances is not None
    assert permit.site["boundaries"]["south"]["length_m"] == 27.0
    assert permit.site["boundaries"]["east"] is None
    assert permit.site["survey_decision"] == {"number": "1447/2210", "decided_on": "2025-11-03"}
    assert permit.clearances["civil_defence"]["approved_on"] == "2026-07-17"
    assert permit.remarks == FIELDS["remarks"]
    published = desk.published(permit.permit_id)[-1].data
    assert not FIELDS.keys() & published.keys()
    assert "1447/2210" not in str(published)


def test_a_draft_gets_its_site_by_an_edit_and_the_history_says_so(desk: Desk) -> None:
    request = desk.submit()
    args = desk.session, desk.officer, request.request_id

    submit_request.edit(desk.work, request.request_id, {"site": SITE})
    submit_request.edit(desk.work, request.request_id, {"remarks": "ملاحظة"})

    told = [one.details for one in queries.history_of_request(*args) if one.action == "edit"]
    assert told[0]["site.boundaries.north.length_m"] == [None, 27.0]
    assert told[1] == {"remarks": [None, "ملاحظة"]}


def test_a_correction_changes_one_side_with_its_reason(desk: Desk) -> None:
    permit = desk.issued(**FIELDS)

    amend(desk, permit, site={"boundaries": {"north": {"setback_m": 3.0}}})

    args = desk.session, desk.officer, permit.permit_id
    told = list(queries.history_of_permit(*args))[-1]
    assert (told.note, told.details) == (
        "حسب القرار المساحي",
        {"site.boundaries.north.setback_m": [4.0, 3.0]},
    )
    odd = [one["code"] for one in plausibility_warnings.warnings_of_permit(desk.session, permit)]
    assert "setback-small" in odd


def test_a_part_that_is_null_is_taken_back(desk: Desk) -> None:
    permit = desk.issued(**FIELDS)

    amend(desk, permit, site=None, clearances=None, remarks=None)

    assert (permit.site, permit.clearances, permit.remarks) == (None, None, None)


def test_a_permit_of_before_without_a_site_gets_one_by_a_correction(desk: Desk) -> None:
    permit = desk.issued()

    amend(desk, permit, site={"use_symbol": "س2"}, clearances={"insurance_policy_number": "M-1"})

    assert permit.site is not None
    assert permit.clearances is not None
    assert permit.site["use_symbol"] == "س2"
    assert permit.clearances == {"insurance_policy_number": "M-1", "civil_defence": None}


def test_who_carries_on_a_permit_need_not_tell_its_site_again(desk: Desk) -> None:
    before = desk.issued(**FIELDS)
    desk.session.flush()
    following = {"previous_permit_id": before.permit_id}

    renewal = desk.submit(kind="renewal", **following)
    other = desk.submit(kind="renewal", **following, site={"use_symbol": "س2"})

    assert (renewal.site, renewal.clearances) == (before.site, before.clearances)
    assert renewal.remarks == before.remarks
    assert other.site["use_symbol"] == "س2"
    assert from_previous(renewal) == {"site", "clearances", "remarks"}
    assert from_previous(other) == {"clearances", "remarks"}


def from_previous(request: Any) -> set[str]:
    """What the reviewer is told to be the previous permit's, each with its number in both languages."""
    shown = [warning_view(one) for one in request.warnings if one["code"].endswith("-previous")]
    for one in shown:
        number = one["params"]["permit_number"]
        assert all(number in one["title"][language] for language in ("ar", "en"))
    return {one["field"] for one in shown}


def test_a_part_that_is_null_is_not_taken_from_the_previous_permit(desk: Desk) -> None:
    before = desk.issued(**FIELDS)
    desk.session.flush()

    request = desk.submit(
        kind="ownership_transfer", previous_permit_id=before.permit_id, clearances=None
    )

    assert request.clearances is None
    assert request.remarks == before.remarks
    assert from_previous(request) == {"site", "remarks"}


def test_a_request_that_follows_another_permit_keeps_nothing_of_the_first(desk: Desk) -> None:
    wrong, right = desk.issued(**FIELDS), desk.issued(remarks="ملاحظة أخرى")
    desk.session.flush()
    request = desk.submit(kind="renewal", previous_permit_id=wrong.permit_id)

    submit_request.edit(
        desk.work,
        request.request_id,
        {"previous_permit_id": right.permit_id},
    )

    assert (request.site, request.clearances, request.remarks) == (None, None, "ملاحظة أخرى")
    assert from_previous(request) == {"remarks"}


def test_an_edit_of_something_else_leaves_what_was_taken_over(desk: Desk) -> None:
    before = desk.issued(**FIELDS)
    desk.session.flush()
    request = desk.submit(kind="renewal", previous_permit_id=before.permit_id)

    submit_request.edit(desk.work, request.request_id, {"clearances": None})
    submit_request.edit(
        desk.work,
        request.request_id,
        {"transaction_number": "77"},
    )

    assert request.clearances is None
    assert from_previous(request) == {"site", "remarks"}


@pytest.mark.parametrize(
    "shown", ["شارع عرض 20م", "الواجهة · الطول 27.00\N{NO-BREAK SPACE}م", "القطعة 203"]
)
def test_the_paper_shows_boundaries_and_setbacks(desk: Desk, signing: Signing, shown: str) -> None:
    assert shown in paper_of(desk, desk.issued(**FIELDS), signing)


def test_the_paper_shows_the_survey_decision_and_what_others_gave(
    desk: Desk, signing: Signing
) -> None:
    text = paper_of(desk, desk.issued(**FIELDS), signing)

    for shown in ("1447/2210", "2025/11/03", "1447/05/12", "536.00", "MLT/2210", "1448/771"):
        assert shown in text, shown
    assert FIELDS["remarks"] in text
    assert "See the approved plans" not in text


def test_the_paper_of_a_permit_without_a_site_says_so(desk: Desk, signing: Signing) -> None:
    assert "See the approved plans" in paper_of(desk, desk.issued(), signing)


def test_a_paper_ends_when_a_boundary_is_corrected(desk: Desk, signing: Signing) -> None:
    permit = desk.issued(**FIELDS)
    first = documents.document_of_permit(desk.work, permit.permit_id, signing)

    amend(desk, permit, site={"use_symbol": "س9"})

    desk.session.refresh(first)
    assert first.replaced_at is not None


def test_an_older_permit_is_entered_with_its_site(desk: Desk) -> None:
    permit = desk.older(**FIELDS)

    assert permit.site is not None
    assert permit.site["survey_decision"]["decided_on"] == "2025-11-03"
    assert permit.remarks == FIELDS["remarks"]


def test_a_paper_without_boundaries_says_where_to_read_them(desk: Desk, signing: Signing) -> None:
    note = "Boundaries, lengths and setbacks are not known to us. See the approved plans."
    symbol = desk.issued(site={"use_symbol": "س1"})
    desk.session.flush()

    assert note in paper_of(desk, symbol, signing)
    assert note not in paper_of(desk, desk.issued(site=SITE), signing)
