"""What staff would look at twice, at submission, at an edit and at a correction; who builds is kept at issue."""

from datetime import date
from typing import Any

from permits.api.views import warning_view
from permits.commands import change_permit, plausibility_warnings, submit_request

Desk = Any
AGENT = {"name": "وكيل تجربة", "capacity": "legal_agent", "authority_number": "4455667788"}
BUILDER = {"name": "مقاول تجربة (بيانات تجريبية)", "licence_number": "٧٧٠١"}


def codes(warnings: Any) -> set[str]:
    return {one["code"] for one in warnings}


def on_plot(plot: str, **more: Any) -> dict[str, Any]:
    return {"land__plots": [plot], "land__plan_number": "901/9", **more}


def test_the_same_plot_a_second_time_is_told(desk: Desk) -> None:
    first = desk.issued(**on_plot("71"))
    desk.session.flush()
    again = desk.submit(**on_plot("٧١"))
    other = desk.submit(**on_plot("72"))
    renewal = desk.submit(**on_plot("71", kind="renewal", previous_permit_id=first.permit_id))

    assert codes(again.warnings) == {"plot-in-use"}
    assert codes(other.warnings) == set()
    assert codes(renewal.warnings) == set()


def test_a_plot_in_use_is_told_with_the_number_in_both_languages(desk: Desk) -> None:
    first = desk.issued(**on_plot("76"))
    second = desk.submit(**on_plot("76"))
    desk.session.flush()

    again = desk.submit(**on_plot("76"))

    [shown] = map(warning_view, again.warnings)
    assert [(one["kind"], one["number"]) for one in shown["params"]["found"]] == [
        ("permit", first.permit_number),
        ("request", second.request_number),
    ]
    for number in (first.permit_number, second.request_number):
        assert number in shown["title"]["ar"]
        assert number in shown["title"]["en"]


def test_another_branchs_permit_on_the_plot_is_told_without_its_number(desk: Desk) -> None:
    first = desk.issued(**on_plot("77"))
    desk.session.flush()

    again = desk.submit(**on_plot("77", municipality="safwa"))

    shown = next(warning_view(one) for one in again.warnings if one["code"] == "plot-in-use")
    assert shown["params"]["found"] == [
        {"kind": "permit", "number": None, "municipality": "central-qatif"}
    ]
    assert first.permit_number not in str(shown)
    assert "وسط القطيف" in shown["title"]["ar"]


def test_a_warning_of_before_without_a_number_has_its_words() -> None:
    shown = warning_view({"field": "land.plots", "code": "plot-in-use"})

    assert shown["title"] == {
        "ar": "على القطعة رخصة سارية أو طلب قائم",
        "en": "The plot has a live permit or request",
    }


def test_a_survey_decision_that_ended_is_told_with_its_last_day(desk: Desk) -> None:
    decision = {"number": "1444/1", "decided_on": date(2022, 12, 6)}
    request = desk.submit(site={"survey_decision": decision})

    shown = next(warning_view(one) for one in request.warnings if one["code"] == "decision-expired")

    assert shown["params"]["valid_until"] == "2025-12-06"
    assert "2025/12/06" in shown["title"]["ar"]
    assert shown["params"]["valid_until_hijri"] in shown["title"]["en"]


def test_a_request_that_ended_is_in_nobodys_way(desk: Desk) -> None:
    desk.take(desk.submit(**on_plot("73")), "cancel_request")
    desk.session.flush()

    assert codes(desk.submit(**on_plot("73")).warnings) == set()


def test_an_edit_is_looked_at_again(desk: Desk) -> None:
    request = desk.submit(**on_plot("74", municipality="safwa"))
    before = codes(request.warnings)
    submit_request.edit(
        desk.work,
        request.request_id,
        {"municipality": "central-qatif"},
    )

    assert before == {"town-of-another-municipality"}
    assert codes(request.warnings) == set()


def test_a_correction_of_a_permit_is_looked_at_too(desk: Desk) -> None:
    permit = desk.issued(**on_plot("75"))
    before = codes(plausibility_warnings.warnings_of_permit(desk.session, permit))
    far = {"latitude": 26.7, "longitude": 49.85}
    change_permit.amend(
        desk.work,
        permit.permit_id,
        reason="تصحيح",
        wanted={"land": {**far, "town": "سيهات", "district_reason": "كما في الصك"}},
    )

    assert before == set()
    assert codes(plausibility_warnings.warnings_of_permit(desk.session, permit)) == {
        *("town-of-another-municipality", "district-unknown", "far-from-town"),
    }


def test_agent_contractor_and_supervisor_are_kept_at_issue(desk: Desk) -> None:
    permit = desk.issued(
        **on_plot("76"), representative=AGENT, contractor=BUILDER, supervising_office=BUILDER
    )
    desk.session.flush()
    desk.session.expire_all()

    unknown = dict.fromkeys(("authorised_on", "mobile", "id_number"))
    assert permit.representative == {**AGENT, **unknown}
    assert permit.contractor == permit.supervising_office == {
        **BUILDER, "licence_number": "7701", "classification": None
    }  # fmt: skip
    [event] = desk.published(permit.permit_id)
    assert "4455667788" not in str(event.data)
