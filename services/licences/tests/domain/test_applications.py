"""The life of an application, and the words of a refused action."""

import pytest

from chassis.core import contracts
from chassis.core.refusals import IllegalTransition
from licences.domain.applications import ENDED, LIFE, Action, Status


def test_a_refused_action_names_the_applications_status_in_words_of_its_own() -> None:
    """Other services have statuses of the same names, with other words."""
    codes = contracts.problem_types()["types"]["illegal-transition"]["codes"]

    assert {f"licence_application_{status}" for status in Status} <= set(codes)
    for status in ENDED:
        with pytest.raises(IllegalTransition) as refused:
            LIFE.after(Action.CORRECT, status)
        assert refused.value.code == f"licence_application_{status}"
    assert codes["licence_application_withdrawn"]["ar"] == "سُحب الطلب."
