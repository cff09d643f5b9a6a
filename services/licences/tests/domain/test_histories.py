"""The titles of actions in the histories of applications and licences."""

import pytest

from licences.domain.applications import action_title


@pytest.mark.parametrize(
    ("action", "of_application", "of_licence"),
    [
        ("correct", "Completion", "Correction"),
        ("issue", "Issue", "Issue"),
        ("submit", "Submission", "Submission"),
        ("suspend", "Suspension", "Suspension"),
    ],
)
def test_an_application_is_completed_and_a_licence_is_corrected(
    action: str, of_application: str, of_licence: str
) -> None:
    assert action_title(action)["en"] == of_application
    assert action_title(action, is_of_licence=True)["en"] == of_licence


def test_an_action_without_a_title_is_named_by_its_code() -> None:
    assert action_title("unheard-of") == {"ar": "unheard-of", "en": "unheard-of"}
