"""A declaration that is in order, and its facts, for the tests of decisions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.core.sources import Source
from licences.catalogue import first_rules
from licences.domain.decision import Decision, decide
from licences.domain.declarations import Declaration
from licences.domain.facts import (
    CLASSIFICATION,
    LEASE,
    PERSON,
    REGISTER,
    SAFETY,
    STOPPED,
    VIOLATIONS,
    Fact,
)
from licences.domain.rules import Rules

RULES = Rules.read(first_rules())
TODAY = date(2026, 11, 25)
OWNER, SHOP = "1000000008", "7000000005"
LAUNDRY, BARBER, RESTAURANT, PLUMBER, ARCHITECT = (
    *("960111", "960210", "561010", "432210", "711011"),
)


def asked(*activities: str, **changes: Any) -> Declaration:
    """Returns a laundry of 45 m2 in Saihat. A named field replaces the laundry's."""
    shop = Declaration(
        request="issue",
        kind="shop",
        municipality="saihat",
        submitted_on=TODAY,
        activities=activities or (LAUNDRY,),
        years=1,
        area_m2=Decimal(45),
        workers=2,
        sign_m2=Decimal(0),
        establishment=SHOP,
        owner=OWNER,
        lease="10423344550",
        safety="34-001122",
        classification="55001",
        permit="14481312",
        cleaning="C-1",
    )
    return replace(shop, **changes)


def by(kind: str, name: str, **value: Any) -> Fact:
    """Returns a fact; a document belongs to the establishment and its owner."""
    if name in (LEASE, SAFETY, CLASSIFICATION):
        value = {"unified_number": SHOP, "id_number": OWNER, **value}
    return Fact(name, value, Source(kind, "2026-11-25T08:00:00Z"))


def stopped(**value: Any) -> Fact:
    """Returns the fact that nothing was stopped. A named value replaces it."""
    usual = {"licences": [], "of_owner": False, "closing": []}
    return by("licences", STOPPED, **{**usual, **value})


def facts(**others: Fact | None) -> Mapping[str, Fact]:
    """Returns the facts of a case that is in order. A named fact replaces its fact; None makes it unknown."""
    found = {
        PERSON: by(
            *("civil_register", PERSON),
            id_number=OWNER, birth_date="1990-05-01", nationality="saudi",
        ),
        REGISTER: by(
            *("commercial_register", REGISTER),
            unified_number=SHOP, status="active", owners=[OWNER],
        ),
        LEASE: by(
            *("lease_register", LEASE),
            ejar_no="10423344550", starts_on="2026-11-01", ends_on="2027-10-31",
        ),
        VIOLATIONS: by("licences", VIOLATIONS, unpaid_final=[]),
        STOPPED: stopped(),
    }  # fmt: skip
    found.update({name: fact for name, fact in others.items() if fact is not None})
    return {name: fact for name, fact in found.items() if others.get(name, fact) is not None}


def decision_of(case: Declaration, on: date = TODAY, **others: Fact | None) -> Decision:
    return decide(case, RULES, facts(**others), on=on)


def satisfied(decision: Decision) -> dict[str, bool | None]:
    return {one.code: one.satisfied for one in decision.findings}
