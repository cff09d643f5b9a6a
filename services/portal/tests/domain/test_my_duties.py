"""What a citizen has to do, by what the services answer."""

from typing import Any

import pytest

from chassis.core import contracts
from portal.domain.my_duties import duties_of_permits


def example(service: str, name: str, **changes: Any) -> dict[str, Any]:
    """Returns the first thing of a contract's example, changed."""
    page = contracts.openapi(service)["components"]["examples"][name]["value"]
    return {**page["items"][0], **changes}


@pytest.mark.parametrize(("status", "count"), [("draft", 1), ("returned", 1), ("with_office", 0)])
def test_the_step_of_the_engineering_office_is_no_duty_of_the_owner(
    status: str, count: int
) -> None:
    request = example("permits", "MyPermitPage", status=status, next_step="applicant")

    assert len(duties_of_permits([request])) == count
