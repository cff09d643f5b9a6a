"""The decision, case by case: its conditions, what decides each, and what follows."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chassis.core.sources import Source
from licences.domain.conditions import CONDITIONS
from licences.domain.decision import Decision, decide
from licences.domain.declarations import Term
from licences.domain.explanations import CONDITION_TITLES, explain_finding
from licences.domain.facts import LEASE, PERSON, REGISTER, VIOLATIONS, Fact
from licences.domain.rules import fee_total

from .cases import (
    ARCHITECT,
    BARBER,
    LAUNDRY,
    OWNER,
    PLUMBER,
    RESTAURANT,
    RULES,
    SHOP,
    TODAY,
    asked,
    by,
    decision_of,
    facts,
    satisfied,
    stopped,
)


def test_an_immediate_shop_in_order_is_issued() -> None:
    decision = decision_of(asked())

    assert decision.outcome == "issued"
    assert satisfied(decision) == {
        "activity-offered": True,
        "owner-age": True,
        "owner-eligible": True,
        "establishment-needed": True,
        "establishment-active": True,
        "lease-term": True,
        "place-not-stopped": True,
        "no-unpaid-violation": True,
    }


def test_the_decision_is_the_same_when_it_is_made_again() -> None:
    assert decision_of(asked(RESTAURANT)).record() == decision_of(asked(RESTAURANT)).record()


@pytest.mark.parametrize("missing", [PERSON, REGISTER, LEASE, VIOLATIONS])
def test_without_a_fact_it_waits_whatever_was_declared(missing: str) -> None:
    decision = decision_of(asked(), **{missing: None})

    assert decision.outcome == "waiting"
    assert decision.waits_for
    assert {satisfied(decision)[code] for code in decision.waits_for} == {None}


def test_every_finding_that_is_known_names_its_source() -> None:
    for finding in decision_of(asked()).findings:
        assert finding.source is not None, finding.code


@pytest.mark.parametrize(("born", "outcome"), [("2008-11-25", "issued"), ("2008-11-26", "refused")])
def test_the_owner_is_eighteen_on_his_birthday_and_not_the_day_before(
    born: str, outcome: str
) -> None:
    person = by("civil_register", "person", id_number=OWNER, birth_date=born, nationality="saudi")

    assert decision_of(asked(), person=person).outcome == outcome


@pytest.mark.parametrize(
    ("nationality", "licence", "outcome"),
    [("saudi", None, "issued"), ("foreign", None, "refused"), ("foreign", "MISA-1", "issued")],
)
def test_a_foreigner_needs_an_investors_licence(
    nationality: str, licence: str | None, outcome: str
) -> None:
    person = by(
        *("civil_register", "person"),
        id_number=OWNER, birth_date="1990-01-01", nationality=nationality, investor_licence=licence,
    )  # fmt: skip

    assert decision_of(asked(), person=person).outcome == outcome


def test_the_fact_of_another_person_counts_for_nothing() -> None:
    other = by("civil_register", "person", id_number="2000000006", birth_date="1990-01-01")

    assert decision_of(asked(), person=other).outcome == "waiting"


@pytest.mark.parametrize(
    ("status", "owners", "outcome"),
    [("active", ["2000000006"], "refused"), ("struck_off", [OWNER], "refused")],
)
def test_the_establishment_is_active_and_the_owners(
    status: str, owners: list[str], outcome: str
) -> None:
    register = by(
        "commercial_register", "register", unified_number=SHOP, status=status, owners=owners
    )

    assert decision_of(asked(), register=register).outcome == outcome


@pytest.mark.parametrize(
    ("starts", "ends", "outcome"),
    [
        ("2026-11-01", "2027-10-31", "issued"),
        ("2026-11-01", "2027-10-30", "refused"),
        ("2025-11-01", "2026-11-24", "refused"),
        ("2026-11-26", "2027-11-25", "refused"),
    ],
)
def test_a_lease_runs_on_the_day_and_for_a_year(starts: str, ends: str, outcome: str) -> None:
    lease = by("lease_register", "lease", ejar_no="10423344550", starts_on=starts, ends_on=ends)

    assert decision_of(asked(), lease=lease).outcome == outcome


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("2025-11-01", "2026-11-24", ("وقد انتهى", "it has ended", "جددوا العقد")),
        ("2026-11-26", "2027-11-25", ("ولم يبدأ بعد", "it has not begun", "بعد أن يبدأ")),
        ("2026-11-01", "2027-10-30", ("ومدته أقل من سنة", "shorter than a year", "لا تقل عن سنة")),
    ],
)
def test_a_lease_that_does_not_do_is_explained_in_a_sentence(
    starts: str, ends: str, words: tuple[str, str, str]
) -> None:
    lease = by("lease_register", "lease", ejar_no="10423344550", starts_on=starts, ends_on=ends)

    told = explained(decision_of(asked(), lease=lease), "lease-term")

    arabic, english, advice = words
    assert "بحسب سجل الإيجار: العقد من" in told["ar"]
    assert arabic in told["ar"]
    assert advice in told["ar"]
    assert english in told["en"]
    assert "أقل مدة" not in told["ar"]
    assert "وفي الطلب" not in told["ar"]


@pytest.mark.parametrize(
    ("years", "arabic", "english"),
    [
        (1, "سنة", "a year"),
        (2, "سنتين", "2 years"),
        (3, "3 سنوات", "3 years"),
        (11, "11 سنة", "11 years"),
    ],
)
def test_a_lease_that_is_too_short_is_told_the_years_of_the_rules(
    years: int, arabic: str, english: str
) -> None:
    inputs = {"starts_on": "2026-11-01", "ends_on": "2026-11-30", "least_years": years}
    source = {"kind": "lease_register", "reference": None, "by": None}
    record = {"code": "lease-term", "satisfied": False, "source": source}

    told = explain_finding({**record, "inputs": {**inputs, "fault": "too_short"}})

    assert f"ومدته أقل من {arabic}. مددوا العقد لمدة لا تقل عن {arabic}، أو" in told["ar"]
    assert f"it is shorter than {english}. Extend the lease to {english} at least," in told["en"]


def test_a_lease_of_other_days_than_declared_names_both_in_both_calendars() -> None:
    lease = by(
        "lease_register",
        "lease",
        ejar_no="10423344550",
        starts_on="2025-11-01",
        ends_on="2026-11-24",
    )
    declared = asked(lease_days=("2026-11-01", "2030-10-31"))

    told = explained(decision_of(declared, lease=lease), "lease-term")

    assert "14 جمادى الآخرة 1448هـ (24 نوفمبر 2026م)، وقد انتهى" in told["ar"]
    assert "وفي الطلب أنه من" in told["ar"]
    assert "31 أكتوبر 2030م" in told["ar"]
    assert "the application says from" in told["en"]


def test_a_lease_that_was_decided_before_its_fault_was_kept_is_explained_by_its_values() -> None:
    record = {
        "code": "lease-term",
        "satisfied": False,
        "inputs": {"starts_on": "2025-11-01", "ends_on": "2026-11-24", "least_years": 1},
        "source": None,
    }

    assert "2025/11/01" in explain_finding(record)["ar"]


def explained(decision: Decision, code: str) -> dict[str, Any]:
    return explain_finding(next(one for one in decision.findings if one.code == code).record())


def test_an_activity_that_the_municipality_does_not_offer_is_refused() -> None:
    decision = decision_of(asked("452010", municipality="central-qatif"))

    assert decision.outcome == "refused"
    assert "activity-offered" in decision.broken


@pytest.mark.parametrize(
    "changes", [{"years": 4}, {"area_m2": Decimal(2001)}, {"kind": "engineering_office"}]
)
def test_years_area_and_kind_keep_to_the_table(changes: Any) -> None:
    assert decision_of(asked(**changes)).outcome == "refused"


def test_beyond_the_immediate_area_an_officer_decides() -> None:
    large = asked(area_m2=Decimal(201))

    approved = by("officer", "review", verdict="approved")
    refused = by("officer", "review", verdict="refused")

    undecided = decision_of(large)

    assert undecided.outcome == "needs_officer"
    assert explain_finding(undecided.findings[-1].record())["ar"] == (
        "مراجعة البلدية: لم ينظر فيها الموظف بعد (المساحة بالمتر المربع: 201، تُصدر فورًا حتى: 200)، بحسب القواعد"
        " (2026.1)."
    )
    assert decision_of(large, review=approved).outcome == "issued"
    assert decision_of(large, review=refused).outcome == "refused"


def test_an_activity_that_is_not_immediate_waits_for_its_facts_before_the_officer() -> None:
    decision = decision_of(asked(RESTAURANT))

    assert decision.outcome == "waiting"
    assert set(decision.waits_for) == {
        *("civil-defence", "building-use", "health-certificates"),
    }


@pytest.mark.parametrize(("certified", "outcome"), [(2, "issued"), (1, "waiting")])
def test_all_workers_need_a_health_certificate(certified: int, outcome: str) -> None:
    others = {
        "safety": by("civil_defence", "safety", number="34-001122", expires_on="2027-01-01"),
        "cleaning": by("officer", "cleaning", number="C-1"),
        "health": by("officer", "health", workers=2, certified=certified),
    }

    assert decision_of(asked(BARBER), **others).outcome == outcome


def test_more_workers_than_the_document_counts_are_not_certified() -> None:
    others = {
        "safety": by("civil_defence", "safety", number="34-001122", expires_on="2027-01-01"),
        "cleaning": by("officer", "cleaning", number="C-1"),
        "health": by("officer", "health", workers=2, certified=2),
    }

    assert decision_of(asked(BARBER, workers=3), **others).outcome == "waiting"


def test_a_safety_certificate_that_ended_makes_it_wait() -> None:
    ended = by("civil_defence", "safety", number="34-001122", expires_on="2026-11-24")

    decision = decision_of(asked("477110"), safety=ended)

    assert (decision.outcome, decision.waits_for) == ("waiting", ["civil-defence"])
    assert satisfied(decision)["civil-defence"] is False


def test_a_fact_that_holds_no_longer_is_not_known() -> None:
    seen = Fact("lease", facts()["lease"].value, Source("officer", "x"), date(2026, 11, 24))

    assert decision_of(asked(), lease=seen).outcome == "waiting"


@pytest.mark.parametrize(
    ("submitted", "since", "until", "outcome"),
    [
        (date(2026, 11, 20), "2026-11-20", "2026-11-25", "issued"),
        (date(2026, 11, 19), "2026-11-20", "2026-11-25", "refused"),
        (date(2026, 11, 20), "2026-11-20", "2026-11-24", "refused"),
    ],
)
def test_a_classification_is_valid_on_the_days_of_submission_and_of_decision(
    submitted: date, since: str, until: str, outcome: str
) -> None:
    office = asked(ARCHITECT, kind="engineering_office", submitted_on=submitted)
    fact = by(
        *("engineers_register", "classification"),
        classification_no="55001", valid_from=since, valid_until=until,
    )  # fmt: skip

    assert decision_of(office, classification=fact).outcome == outcome


@pytest.mark.parametrize(
    ("use", "status", "outcome"),
    [("commercial", "valid", "issued"), ("residential", "valid", "refused")]
    + [("commercial", "cancelled", "refused")],
)
def test_the_building_permit_has_to_allow_it(use: str, status: str, outcome: str) -> None:
    others = {
        "safety": by("civil_defence", "safety", number="34-001122", expires_on="2027-01-01"),
        "permit": by("permits", "permit", permit_key="14481312", status=status, use_class=use),
    }

    assert decision_of(asked("475210"), **others).outcome == outcome


def test_an_unpaid_final_violation_makes_it_wait_until_it_is_paid() -> None:
    unpaid = by("licences", "violations", unpaid_final=["144804000001"])

    decision = decision_of(asked(), violations=unpaid)

    assert (decision.outcome, decision.waits_for) == ("waiting", ["no-unpaid-violation"])


def test_a_professional_for_himself_needs_no_shop_and_pays_nothing() -> None:
    person = asked(PLUMBER, kind="professional", establishment=None, lease=None, workers=0)

    decision = decision_of(person, register=None, lease=None)

    assert decision.outcome == "issued"
    assert decision.fee == []


def term(expires_on: date, status: str = "valid") -> Term:
    return Term("144804000017", status, expires_on)


@pytest.mark.parametrize(
    ("expires_on", "outcome"),
    [
        (date(2027, 2, 23), "issued"),
        (date(2027, 2, 24), "refused"),
        (date(2026, 11, 24), "issued"),
    ],
)
def test_a_renewal_opens_ninety_days_before_the_end(expires_on: date, outcome: str) -> None:
    assert decision_of(asked(request="renew", term=term(expires_on))).outcome == outcome


def test_a_suspended_licence_is_not_renewed() -> None:
    case = asked(request="renew", term=term(date(2026, 12, 1), "suspended"))

    assert decision_of(case).broken == ["renewal-window"]


def test_a_cancellation_asks_for_nothing_but_a_licence() -> None:
    case = asked(request="cancel", term=term(date(2026, 12, 1)))

    decision = decide(case, RULES, {}, on=TODAY)

    assert (decision.outcome, decision.fee) == ("issued", [])


@pytest.mark.parametrize(
    ("status", "broken"),
    [
        ("valid", []),
        ("cancelled", []),
        ("suspended", ["licence-not-stopped"]),
        ("closed", ["licence-not-stopped"]),
    ],
)
def test_what_was_stopped_is_not_left_by_moving(status: str, broken: list[str]) -> None:
    assert decision_of(asked(term=term(date(2027, 12, 1), status))).broken == broken


@pytest.mark.parametrize("request_", ["issue", "cancel"])
def test_nor_is_what_is_to_be_closed_left_or_ended(request_: str) -> None:
    case = asked(request=request_, term=term(date(2027, 12, 1)))

    decision = decision_of(case, stopped=stopped(closing=["1448070000001"]))

    assert decision.broken == ["licence-not-stopped"]


@pytest.mark.parametrize("found", [{"licences": ["144804000017"]}, {"of_owner": True}])
def test_beside_a_licence_that_was_stopped_an_officer_decides(found: Any) -> None:
    approved = by("officer", "review", verdict="approved")

    assert decision_of(asked(), stopped=stopped(**found)).outcome == "needs_officer"
    assert decision_of(asked(), stopped=stopped(**found), review=approved).outcome == "issued"


def test_an_officers_review_stays_in_the_decision_when_nothing_is_stopped_any_more() -> None:
    approved = by("officer", "review", verdict="approved")

    found = {one.code: one for one in decision_of(asked(), review=approved).findings}

    assert found["municipal-review"].satisfied
    assert "municipal-review" not in {one.code for one in decision_of(asked()).findings}


def test_who_works_alone_needs_his_own_health_certificate() -> None:
    alone = asked(RESTAURANT, workers=0)

    found = {one.code: one for one in decision_of(alone).findings}["health-certificates"]

    assert found.satisfied is None


TRAVEL = "791110"


def test_the_dearest_of_the_activities_says_what_is_paid() -> None:
    """The applicant names the main activity: a typist's fee for a lawyer's office."""
    both, dear = (decision_of(asked(*codes)).fee for codes in ((LAUNDRY, TRAVEL), (TRAVEL,)))

    assert fee_total(both) == fee_total(dear) > fee_total(decision_of(asked(LAUNDRY)).fee)


def test_a_cleaning_contract_is_looked_at_by_an_officer_and_no_outside_body() -> None:
    case = asked(BARBER)
    others = {
        "safety": by("civil_defence", "safety", number="34-001122", expires_on="2027-01-01"),
        "health": by("officer", "health", workers=2, certified=2),
    }

    assert decision_of(case, **others).outcome == "needs_officer"
    nameless = decision_of(replace(case, cleaning=None), **others)
    assert (nameless.outcome, nameless.waits_for) == ("waiting", ["cleaning-contract"])


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_what_was_stopped_is_not_ended_by_its_owner(status: str) -> None:
    case = asked(request="cancel", term=term(date(2026, 12, 1), status))

    assert decision_of(case).broken == ["licence-not-stopped"]


def test_rules_of_before_know_no_move() -> None:
    groups = {name: codes for name, codes in RULES.conditions.items() if name != "move"}
    case = asked(term=term(date(2027, 12, 1), "suspended"))

    assert decide(case, replace(RULES, conditions=groups), facts(), on=TODAY).outcome == "issued"


def test_an_inspection_that_failed_refuses() -> None:
    failed = by("inspector", "inspection", verdict="failed")

    assert decision_of(asked(), inspection=failed).outcome == "refused"


def test_the_fee_says_how_each_part_came_about() -> None:
    decision = decision_of(asked(years=2, sign_m2=Decimal("2.5")))

    lines = {line.code: line.halalas for line in decision.fee}
    assert lines == {"licence-small": 60_000, "area": 36_000, "sign": 50_000}
    assert decision.fee[1].because.en == "SAR 4.00 × 45 m2 × 2 years"


@pytest.mark.parametrize(("expires_on", "late"), [("2026-11-25", False), ("2026-11-24", True)])
def test_a_late_renewal_pays_a_penalty(expires_on: str, late: bool) -> None:
    case = asked(request="renew", term=term(date.fromisoformat(expires_on)))

    codes = {line.code for line in decision_of(case).fee}

    assert ("late-renewal" in codes) is late


def test_every_condition_of_the_rules_is_known_and_has_words() -> None:
    named = set().union(
        *RULES.conditions.values(), *(one.needs for one in RULES.activities.values())
    )

    assert named <= set(CONDITIONS)
    assert set(CONDITION_TITLES) == set(CONDITIONS)


def test_a_finding_is_explained_in_both_languages_with_its_source() -> None:
    lease = next(one for one in decision_of(asked()).findings if one.code == "lease-term")

    told = explain_finding(lease.record())

    assert told["en"] == (
        "A lease of at least a year: satisfied (from: 2026-11-01, to: 2027-10-31, least years: 1)"
        ", by the lease register."
    )
    assert "سجل الإيجار" in told["ar"]
    assert "2026/11/01" in told["ar"]
