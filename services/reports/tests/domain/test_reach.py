"""The reach of a contractor: the work orders of its own municipality, if its token names one."""

import pytest

from chassis.core.actors import SystemActor
from reports.domain.actors import reach_of


@pytest.mark.parametrize(
    ("municipality", "bound"), [("tarout", "tarout"), ("qatif", None), (None, None)]
)
def test_a_contractor_of_a_branch_sees_no_work_orders_of_other_branches(municipality, bound):
    attributes = {"contractor": "contractor-1"} | (
        {"municipality": municipality} if municipality else {}
    )
    scopes = frozenset(("reports.contract",))

    reach = reach_of(SystemActor("p_x", "desk", scopes=scopes, attributes=attributes))

    assert (reach.municipality, reach.contractor) == (bound, "contractor-1")
