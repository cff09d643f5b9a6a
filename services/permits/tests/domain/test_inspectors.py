"""An officer enters inspections only where a rule of his branch says so."""

from datetime import date

import pytest

from permits import catalogue
from permits.domain.insulation import CompanyInspects, OfficerRule, require_officer_rule

RULES = (OfficerRule(frozenset({"tarout"}), date(2027, 1, 1), date(2027, 12, 31)),)


@pytest.mark.parametrize("day", [date(2027, 1, 1), date(2027, 12, 31)])
def test_a_rule_of_the_branch_lets_its_officer_enter(day: date) -> None:
    require_officer_rule(RULES, "tarout", on=day)


@pytest.mark.parametrize(
    ("branch", "day"),
    [
        ("tarout", date(2026, 12, 31)),
        ("tarout", date(2028, 1, 1)),
        ("safwa", date(2027, 6, 1)),
        ("qatif", date(2027, 6, 1)),
    ],
)
def test_what_no_rule_covers_is_the_companys(branch: str, day: date) -> None:
    with pytest.raises(CompanyInspects):
        require_officer_rule(RULES, branch, on=day)


def test_the_rules_that_are_in_force_name_branches_of_the_governorate() -> None:
    from chassis.core import contracts

    branches = {one["code"] for one in contracts.read("reference/places.yaml")["municipalities"]}

    assert catalogue.officer_rules()
    for rule in catalogue.officer_rules():
        assert rule.branches <= branches
        assert rule.until is None or rule.since <= rule.until


def test_without_rules_no_officer_enters() -> None:
    with pytest.raises(CompanyInspects):
        require_officer_rule((), "tarout", on=date(2027, 6, 1))
