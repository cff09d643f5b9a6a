"""The governorate acts for all places, a branch for itself, anybody else for nobody."""

import pytest

from saudi.bilingual import Bilingual
from saudi.branches import GOVERNORATE, acts_for, bound, names_by_code, own_municipality


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


def test_the_names_of_branches_are_read_by_code_in_their_order() -> None:
    listed = [
        {"code": "qatif", "ar": "بلدية محافظة القطيف", "en": "Qatif", "class": 2},
        {"code": "safwa", "ar": "بلدية صفوى", "en": "Safwa", "class": 3},
    ]

    names = names_by_code({"municipalities": listed})

    assert list(names) == ["qatif", "safwa"]
    assert names["safwa"] == Bilingual("بلدية صفوى", "Safwa")
