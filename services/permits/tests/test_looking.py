"""What staff would look at twice, at submission, at an edit and at a correction; who builds is kept at issue."""

from typing import Any

from permits.commands import editing, looking, permits

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


def test_a_request_that_ended_is_in_nobodys_way(desk: Desk) -> None:
    desk.take(desk.submit(**on_plot("73")), "cancel_request")
    desk.session.flush()

    assert codes(desk.submit(**on_plot("73")).warnings) == set()


def test_an_edit_is_looked_at_again(desk: Desk) -> None:
    request = desk.submit(**on_plot("74", municipality="safwa"))
    before = codes(request.warnings)
    args = desk.session, desk.officer, request.request_id
    editing.edit(*args, {"municipality": "central-qatif"}, now=desk.now)

    assert before == {"town-of-another-municipality"}
    assert codes(request.warnings) == set()


def test_a_correction_of_a_permit_is_looked_at_too(desk: Desk) -> None:
    permit = desk.issued(**on_plot("75"))
    before = codes(looking.of_permit(desk.session, permit))
    far = {"latitude": 24.7, "longitude": 46.7}
    permits.amend(
        *(desk.session, desk.officer, permit.permit_id),
        reason="تصحيح",
        wanted={"land": {**far, "town": "سيهات", "district_reason": "كما في الصك"}},
        now=desk.now,
    )

    assert before == set()
    assert codes(looking.of_permit(desk.session, permit)) == {
        *("town-of-another-municipality", "district-unknown", "far-from-town"),
    }


def test_agent_contractor_and_supervisor_are_kept_at_issue(desk: Desk) -> None:
    permit = desk.issued(
        **on_plot("76"), representative=AGENT, contractor=BUILDER, supervising_office=BUILDER
    )
    desk.session.flush()
    desk.session.expire_all()

    assert permit.representative == AGENT
    assert permit.contractor == permit.supervising_office == {**BUILDER, "licence_number": "7701"}
    [event] = desk.published(permit.permit_id)
    assert "4455667788" not in str(event.data)
