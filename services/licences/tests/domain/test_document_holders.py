"""A document counts for its holder only, and a register's answer is shown to the owner only."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from licences.domain.decision import Decision
from licences.domain.declarations import Declaration
from licences.domain.explanations import explain_finding
from licences.domain.facts import (
    BODIES,
    CLASSIFICATION,
    LEASE,
    adds,
    fact_from_answer,
    questions_about,
)

from .cases import ARCHITECT, OWNER, PLUMBER, SHOP, TODAY, asked, by, decision_of, satisfied

OTHER, OTHERS_SHOP = "1000000016", "7000000013"
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
HOLDER = {"unified_number": SHOP, "id_number": OWNER}


def told(decision: Decision, code: str) -> dict[str, Any]:
    return explain_finding(next(one for one in decision.findings if one.code == code).record())


@pytest.mark.parametrize("whose", [{"unified_number": OTHERS_SHOP}, {"id_number": OTHER}])
def test_the_lease_of_somebody_else_satisfies_nothing_and_tells_nothing(whose: Any) -> None:
    lease = by(
        *("lease_register", LEASE),
        ejar_no="10423344550", starts_on="2026-11-01", ends_on="2027-10-31", **whose,
    )  # fmt: skip

    decision = decision_of(asked(), lease=lease)

    assert (decision.outcome, decision.waits_for) == ("waiting", ["lease-term"])
    assert told(decision, "lease-term")["inputs"] == {}


def test_the_classification_of_another_office_satisfies_nothing() -> None:
    others = by(
        *("engineers_register", CLASSIFICATION),
        classification_no="55001", valid_from="2026-01-01", valid_until="2027-12-31",
        unified_number=OTHERS_SHOP,
    )  # fmt: skip

    decision = decision_of(asked(ARCHITECT, kind="engineering_office"), classification=others)

    assert satisfied(decision)["engineering-classification"] is None


def test_a_body_is_asked_about_a_paper_with_whose_it_has_to_be() -> None:
    found = questions_about(asked(), ["lease-term", "civil-defence", "engineering-classification"])

    assert found == {
        "lease_register": {"ejar_no": "10423344550", **HOLDER},
        "civil_defence": {"number": "34-001122", **HOLDER},
        "engineers_register": {"classification_no": "55001", **HOLDER},
    }


def test_a_professional_s_paper_is_his_own() -> None:
    person = asked(PLUMBER, kind="professional", establishment=None)

    assert questions_about(person, ["lease-term"])["lease_register"] == {
        "ejar_no": "10423344550",
        "id_number": OWNER,
    }


def test_nobody_s_age_is_told_before_the_register_names_him_the_owner() -> None:
    """A delegate types the owner's number, which might be anybody's."""
    register = by(
        "commercial_register", "register", unified_number=SHOP, status="active", owners=[OTHER]
    )

    for known_of in (register, None):
        decision = decision_of(asked(), register=known_of)
        for code in ("owner-age", "owner-eligible"):
            finding = told(decision, code)
            assert (finding["satisfied"], finding["inputs"]) == (None, {}), code


def test_what_a_body_does_not_have_is_told_and_decides_nothing() -> None:
    question = {"ejar_no": "10423344550", **HOLDER}
    denial = fact_from_answer(BODIES["lease_register"], question, {"found": False}, now=NOW)

    decision = decision_of(asked(), lease=denial)

    assert (decision.outcome, decision.waits_for) == ("waiting", ["lease-term"])
    finding = told(decision, "lease-term")
    assert finding["satisfied"] is None
    assert "غير مسجل بهذا الرقم لصاحب الطلب" in finding["ar"]
    assert "سجل الإيجار" in finding["ar"]
    assert OWNER not in str(finding)


def test_a_denial_takes_nothing_back_and_is_noted_once() -> None:
    question = {"ejar_no": "10423344550", **HOLDER}
    denial = fact_from_answer(BODIES["lease_register"], question, {"found": False}, now=NOW)
    seen = by("officer", "lease", ejar_no="10423344550", starts_on="x", ends_on="y")
    others = by("officer", "lease", ejar_no="10423344551", starts_on="x", ends_on="y")
    found = fact_from_answer(
        BODIES["lease_register"],
        question,
        {"found": True, **question, "starts_on": "2026-11-01", "ends_on": "2027-10-31"},
        now=NOW,
    )

    assert adds(denial, None)
    assert not adds(denial, denial)
    assert not adds(denial, seen)
    assert adds(denial, others)
    assert adds(found, denial)


def test_days_of_a_lease_that_the_register_contradicts_are_told_beside_the_register_s() -> None:
    declared = asked(lease_days=("2026-11-01", "2030-10-31"))

    finding = told(decision_of(declared), "lease-term")

    assert finding["satisfied"] is True
    assert finding["inputs"] == {
        "starts_on": "2026-11-01",
        "ends_on": "2027-10-31",
        "least_years": 1,
        "as_declared": False,
        "declared_from": "2026-11-01",
        "declared_until": "2030-10-31",
    }
    assert "في الطلب إلى: 2030/10/31" in finding["ar"]


def test_days_that_agree_are_told_once() -> None:
    agreed = asked(lease_days=("2026-11-01", "2027-10-31"))

    assert "as_declared" not in told(decision_of(agreed), "lease-term")["inputs"]


def test_a_decision_of_before_the_declared_days_were_kept_is_read() -> None:
    record = asked(lease_days=("2026-11-01", "2027-10-31"), submitted_on=date(2026, 1, 1)).record()

    assert Declaration.read(record).lease_days == ("2026-11-01", "2027-10-31")
    assert (
        Declaration.read({**asked().record(), "submitted_on": TODAY.isoformat()}).lease_days is None
    )
    older = {name: value for name, value in record.items() if name != "lease_days"}
    assert Declaration.read(older).lease_days is None
