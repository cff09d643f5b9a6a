"""The governorate acts for all places, a branch for itself, anybody else for nobody."""

import pytest

from saudi.branches import GOVERNORATE, acts_for, bound, own_municipality


@pytest.mark.parametrize(
    ("attributes", "own", "of_safwa", "of_governorate", "sees"),
    [
        ({"municipality": GOVERNORATE}, "qatif", True, True, None),
        ({"municipality": "safwa"}, "safwa", True, False, "safwa"),
        ({"municipality": "tarout"}, "tarout", False, False, "tarout"),
        ({"municipality": ""}, None, False, False, ""),
        ({"contractor": "qatif"}, None, False, False, ""),
        ({}, None, False, False, ""),
    ],
)
def test_the_governorate_acts_for_all_and_a_branch_for_itself(
    attributes: dict[str, str],
    own: str | None,
    of_safwa: bool,
    of_governorate: bool,
    sees: str | None,
) -> None:
    assert own_municipality(attributes) == own
    assert acts_for(attributes, "safwa") is of_safwa
    assert acts_for(attributes, GOVERNORATE) is of_governorate
    assert bound(attributes) == sees


def test_whoever_has_no_municipality_does_not_act_for_a_place_without_one() -> None:
    """An empty attribute isn't the place of a row whose municipality is empty."""
    assert not acts_for({"municipality": ""}, "")
