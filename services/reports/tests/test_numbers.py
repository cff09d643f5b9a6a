"""`reports numbers check`: every number that was drawn is a report's."""

from typing import Any

from chassis.data import numbers
from chassis.service import Service


def test_the_numbers_of_all_reports_are_explained(
    session: Any, service: Service, filed: Any
) -> None:
    for _ in range(3):
        filed()
    session.flush()

    assert numbers.check(session, service.numbers) == []


def test_a_number_that_no_report_bears_is_found(session: Any, service: Service, filed: Any) -> None:
    filed()
    lost = numbers.draw(session, "report", "qatif", 1448)

    (finding,) = numbers.check(session, service.numbers)

    assert finding.number.number == lost
    assert not finding.is_explained
