"""The names of a partner's inspectors go in time; what was found, when and by which company stays."""

from datetime import timedelta
from typing import Any

from chassis.data.unit_of_work import UnitOfWork
from permits import queries
from permits.api.certificates import certificate_view
from permits.commands import retention
from permits.domain.actors import SYSTEM
from permits.domain.insulation import NAME_EMPTIED, emptied_before

from .entering import STAGES, Company

Desk = Any


def empty(desk: Desk, days: int) -> int:
    """Runs the chore so many days after the visits. Returns the number of buildings."""
    later = desk.now + timedelta(days=days)
    before = emptied_before(later.date(), 1825)
    return retention.empty_inspectors(UnitOfWork(desk.session, SYSTEM, later), before=before)


def shown(row: Any) -> list[dict[str, Any]]:
    view = certificate_view(row)
    return [*view["stages"], *view["visits"]]


def test_inspectors_names_are_emptied_once_their_time_is_over(desk: Desk) -> None:
    permit = desk.issued()
    row = Company(desk).insulated(permit)
    desk.session.flush()
    before, version = shown(row), row.version
    told = len(desk.published(row.certificate_id))

    assert (empty(desk, 1825), empty(desk, 1826), empty(desk, 1827)) == (0, 1, 0)

    after = shown(row)
    assert {one["inspector"] for one in after} == {NAME_EMPTIED}
    names = {"inspector": NAME_EMPTIED}
    assert after == [{**one, **names} for one in before]
    assert (row.version, len(desk.published(row.certificate_id))) == (version, told)
    entry = queries.history_of_permit(desk.session, desk.officer, permit.permit_id)[-1]
    assert (entry.action, entry.subject) == ("empty_inspectors", "retention")
    assert entry.details["visits"] == len(STAGES)


def test_the_name_of_the_municipalitys_own_inspector_stays(desk: Desk) -> None:
    row = desk.insulated(desk.issued())
    desk.session.flush()

    assert empty(desk, 4000) == 0

    assert NAME_EMPTIED not in {one["inspector"] for one in shown(row)}


def test_a_certificate_goes_on_after_its_names_were_emptied(desk: Desk) -> None:
    permit, company = desk.issued(), Company(desk)
    row = company.insulated(permit)
    desk.session.flush()
    empty(desk, 1826)

    answer = company.take(company.visit(permit, "roof", "fail"))

    assert "certificate-revoked" in [one["code"] for one in answer["effects"]]
    assert row.status == "revoked"
    assert {one["inspector"] for one in row.stages} == {"", "مفتش تجربة"}
