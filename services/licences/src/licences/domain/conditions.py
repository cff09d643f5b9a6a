"""The conditions: what each asks of a declaration and of the facts. True, false, or nothing known.

A condition answers with the values that it was decided from, which a person can check, and with the source of the
fact. A declared number only says whose answer counts: a fact about another number, or about another holder's
document, doesn't. An applicant who can't be the owner learns nothing that a body says of the owner.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chassis.core.sources import Source
from licences.domain import facts
from licences.domain.declarations import Declaration
from licences.domain.facts import (
    CLASSIFICATION,
    CLEANING,
    HEALTH,
    INSPECTION,
    LEASE,
    PERMIT,
    PERSON,
    REGISTER,
    REVIEW,
    SAFETY,
    VIOLATIONS,
    Fact,
    Facts,
)
from licences.domain.licences import STOPPED, renewable_from, term_from
from licences.domain.rules import Rules, reasons_for_officer
from saudi.days import add_years

_OWN_RECORDS = "licences"
# Statuses of a building permit: expired, as it's computed, and replaced by another permit.
PERMIT_EXPIRED, PERMIT_FOLLOWED = "expired", frozenset(("renewed", "superseded"))


@dataclass(frozen=True)
class Case:
    """What is decided: a declaration, by these rules, with these facts, on this day."""

    declaration: Declaration
    rules: Rules
    facts: Facts
    on: date

    def fact(self, name: str) -> Fact | None:
        """Returns the fact if it still holds."""
        found = self.facts.get(name)
        return found if found is not None and found.holds(self.on) else None

    @property
    def rules_source(self) -> Source:
        """Returns the rules as a source."""
        return Source("rules", self.rules.effective_from.isoformat(), self.rules.version)


@dataclass(frozen=True)
class Result:
    """Whether a condition is satisfied (None: nothing is known), from which values, and where they come from."""

    satisfied: bool | None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None


UNKNOWN = Result(None)
NOT_DECLARED = Result(None, {"declared": False})  # the applicant named no number by which to look
Condition = Callable[[Case], Result]


def activity_offered(case: Case) -> Result:
    """Each activity is offered in the municipality, for this kind, this area and so many years."""
    declaration, wrong = case.declaration, []
    for code in declaration.activities:
        activity = case.rules.activities.get(code)
        terms = activity.terms.get(declaration.municipality) if activity else None
        if (
            activity is None
            or terms is None
            or not activity.is_offered(case.on)
            or declaration.kind not in activity.kinds
            or declaration.years > terms.years_max
            or terms.max_area_m2 is not None
            and declaration.area_m2 > terms.max_area_m2
        ):
            wrong.append(code)
    inputs = {
        "activities": list(declaration.activities),
        "not_offered": wrong,
        "years": declaration.years,
    }
    return Result(not wrong, {**inputs, "area_m2": str(declaration.area_m2)}, case.rules_source)


def owner_age(case: Case) -> Result:
    """The owner is old enough, by the register of persons."""
    fact, least = _owner_facts(case), case.rules.parameters.owner_age
    if isinstance(fact, Result):
        return fact
    born = date.fromisoformat(fact.value["birth_date"])
    # The age, not the day of birth: a reader of the decision needs no more.
    inputs = {"age": _age(born, case.on), "least": least}
    return Result(add_years(born, least) <= case.on, inputs, fact.source)


def _age(born: date, on: date) -> int:
    years = on.year - born.year
    return years if add_years(born, years) <= on else years - 1


def owner_eligible(case: Case) -> Result:
    """The owner is a Saudi citizen, or has an investor's licence."""
    fact = _owner_facts(case)
    if isinstance(fact, Result):
        return fact
    nationality = fact.value.get("nationality")
    investor = fact.value.get("investor_licence")
    inputs = {"nationality": nationality, "investor_licence": investor}
    return Result(nationality == "saudi" or bool(investor), inputs, fact.source)


def _owner_facts(case: Case) -> Fact | Result:
    """Returns what the register of persons says of the owner. An establishment's owner counts once the commercial
    register names the owner: a delegate might type anybody's number, and read age and nationality."""
    if case.declaration.establishment is not None:
        register = _establishment_facts(case)
        if isinstance(register, Result) or case.declaration.owner not in register.value.get(
            "owners", []
        ):
            return UNKNOWN
    return _fact_or_finding(case, PERSON, "id_number", case.declaration.owner)


def _establishment_facts(case: Case) -> Fact | Result:
    return _fact_or_finding(case, REGISTER, "unified_number", case.declaration.establishment)


def establishment_needed(case: Case) -> Result:
    """A shop or an office needs an establishment."""
    source = Source(_OWN_RECORDS, case.declaration.submitted_on.isoformat())
    number = case.declaration.establishment
    return Result(number is not None, {"unified_number": number}, source)


def establishment_active(case: Case) -> Result:
    """The commercial register has the establishment, active, and names the owner as its owner."""
    fact = _establishment_facts(case)
    if isinstance(fact, Result):
        return fact
    status, owners = fact.value.get("status"), fact.value.get("owners", [])
    is_owner = case.declaration.owner in owners
    inputs = {
        "unified_number": case.declaration.establishment,
        "status": status,
        "is_owner": is_owner,
    }
    return Result(status == "active" and is_owner, inputs, fact.source)


def lease_term(case: Case) -> Result:
    """The lease runs on the day, and for a year at least from its beginning to its end. Days that were declared
    otherwise decide nothing, and are shown."""
    fact = _document_facts(case, LEASE, "ejar_no", case.declaration.lease)
    if isinstance(fact, Result):
        return fact
    years = case.rules.parameters.lease_years
    starts, ends = (date.fromisoformat(fact.value[name]) for name in ("starts_on", "ends_on"))
    runs = starts <= case.on <= ends
    long_enough = ends >= term_from(starts, years)
    inputs: dict[str, Any] = {"starts_on": str(starts), "ends_on": str(ends), "least_years": years}
    declared = case.declaration.lease_days
    if declared is not None and declared != (str(starts), str(ends)):
        inputs["as_declared"], inputs["declared_from"], inputs["declared_until"] = False, *declared
    if not (runs and long_enough):
        inputs["fault"] = _lease_fault(case.on, starts, ends)
    return Result(runs and long_enough, inputs, fact.source)


def _lease_fault(on: date, starts: date, ends: date) -> str:
    """Returns why a lease doesn't do: it has ended, hasn't begun, or is too short."""
    if ends < on:
        return "ended"
    return "not_begun" if on < starts else "too_short"


def civil_defence(case: Case) -> Result:
    """A safety certificate of the civil defence for this place is in force."""
    fact = _document_facts(case, SAFETY, "number", case.declaration.safety)
    if isinstance(fact, Result):
        return fact
    ends = fact.value["expires_on"]
    return Result(case.on <= date.fromisoformat(ends), {"expires_on": ends}, fact.source)


def building_use(case: Case) -> Result:
    """The building permit stands, and isn't for dwelling alone. An expired permit, and a permit with an unknown
    successor, decides nothing: it may be renewed, or the successor's event may come."""
    fact, declared = case.fact(PERMIT), case.declaration.permit
    if fact is None or not _is_about(fact, "permit_key", declared):
        return UNKNOWN if declared else NOT_DECLARED
    status, use = fact.value.get("status"), fact.value.get("use_class")
    inputs = {"status": status, "use_class": use}
    if status == PERMIT_EXPIRED or status in PERMIT_FOLLOWED:
        return Result(None, inputs, fact.source)
    good = status in ("valid", "completed") and use != "residential"
    return Result(good, inputs, fact.source)


def health_certificates(case: Case) -> Result:
    """Enough of the workers hold a valid health certificate."""
    share = case.rules.parameters.health_certificate_share
    workers = max(case.declaration.workers, 1)  # a person who works alone is a worker
    fact = case.fact(HEALTH)
    if fact is None:
        return UNKNOWN
    certified, counted = int(fact.value["certified"]), max(workers, int(fact.value["workers"]))
    inputs = {"workers": counted, "certified": certified, "least_share": share}
    return Result(certified * 100 >= share * counted, inputs, fact.source)


def cleaning_contract(case: Case) -> Result:
    """An officer saw a cleaning contract that is in force."""
    fact = case.fact(CLEANING)
    if fact is None:
        return UNKNOWN if case.declaration.cleaning else NOT_DECLARED
    return Result(True, {"number": fact.value.get("number")}, fact.source)


def engineering_classification(case: Case) -> Result:
    """The office's classification is valid on the days of submission and of the decision."""
    number = case.declaration.classification
    fact = _document_facts(case, CLASSIFICATION, "classification_no", number)
    if isinstance(fact, Result):
        return fact
    since, until = (date.fromisoformat(fact.value[name]) for name in ("valid_from", "valid_until"))
    days = {"submitted_on": case.declaration.submitted_on, "decided_on": case.on}
    inputs = {
        "valid_from": str(since),
        "valid_until": str(until),
        **{name: str(day) for name, day in days.items()},
    }
    return Result(all(since <= day <= until for day in days.values()), inputs, fact.source)


def no_unpaid_violation(case: Case) -> Result:
    """No final violation of the owner, the establishment or the licence is unpaid."""
    fact = case.fact(VIOLATIONS)
    if fact is None:
        return UNKNOWN
    unpaid = list(fact.value["unpaid_final"])
    return Result(not unpaid, {"unpaid_final": unpaid}, fact.source)


def renewal_window(case: Case) -> Result:
    """The licence is valid or expired, and ends within 90 days."""
    term, days = case.declaration.term, case.rules.parameters.renewal_days
    source = Source(_OWN_RECORDS, case.declaration.submitted_on.isoformat())
    if term is None:
        return Result(False, {"found": False}, source)
    opens = renewable_from(term.expires_on, days)
    inputs = {"status": term.status, "expires_on": str(term.expires_on), "opens_on": str(opens)}
    return Result(term.status == "valid" and case.declaration.submitted_on >= opens, inputs, source)


def licence_live(case: Case) -> Result:
    """The licence is there, and isn't cancelled."""
    term = case.declaration.term
    source = Source(_OWN_RECORDS, case.declaration.submitted_on.isoformat())
    status = term.status if term else None
    return Result(status is not None and status != "cancelled", {"status": status}, source)


def licence_not_stopped(case: Case) -> Result:
    """The licence that is replaced, or ended by its owner, is neither suspended nor closed, nor to be closed: its
    owner would have a new licence within the hour."""
    term = case.declaration.term
    if term is None:
        return UNKNOWN
    fact = case.fact(facts.STOPPED)
    closing = list(fact.value["closing"]) if fact else []
    inputs = {"number": term.licence_no, "status": term.status, "closing": closing}
    source = Source(_OWN_RECORDS, case.declaration.submitted_on.isoformat())
    return Result(term.status not in STOPPED and not closing, inputs, source)


def place_not_stopped(case: Case) -> Result:
    """No licence of the establishment, or of its owner, is suspended, closed or to be closed at the place, or for the
    profession. A new licence would open the place again, under any name of the town and any lease, or another place for
    it; and whoever ended the licence before the closure would have escaped the closure."""
    fact = case.fact(facts.STOPPED)
    if fact is None:
        return UNKNOWN
    stopped, of_owner = list(fact.value["licences"]), bool(fact.value["of_owner"])
    inputs = {"stopped": stopped, "of_owner": of_owner}
    return Result(not stopped and not of_owner, inputs, fact.source)


def municipal_review(case: Case) -> Result:
    """An officer of the municipality reviewed the application and approved it. Until then the inputs say why an officer
    decides; where another condition asks for the officer, that condition says it."""
    found = _verdict(case, REVIEW, "approved")
    reasons = reasons_for_officer(case.declaration, case.rules)
    return Result(None, reasons, case.rules_source) if found == UNKNOWN and reasons else found


def inspection(case: Case) -> Result:
    """The inspector found the place as it has to be."""
    return _verdict(case, INSPECTION, "passed")


def _verdict(case: Case, name: str, good: str) -> Result:
    fact = case.fact(name)
    if fact is None or fact.value.get("verdict") is None:
        return UNKNOWN
    verdict = fact.value["verdict"]
    return Result(verdict == good, {"verdict": verdict}, fact.source)


def _document_facts(case: Case, name: str, number: str, declared: str | None) -> Fact | Result:
    """Returns what is known of a document, if it's the applicant's own."""
    fact = case.fact(name)
    holder = case.declaration.holder
    if fact is not None and any(fact.value.get(one) != holder[one] for one in holder):
        return UNKNOWN
    return _fact_or_finding(case, name, number, declared)


def _fact_or_finding(case: Case, name: str, number: str, declared: str | None) -> Fact | Result:
    """Returns the fact about the declared number; else a result: nothing is known, or the source has no such thing
    under this number, which may come later and decides nothing."""
    fact = case.fact(name)
    if fact is None or not _is_about(fact, number, declared):
        return UNKNOWN if declared else NOT_DECLARED
    if fact.value.get("found") is False:
        return Result(None, {"registered": False}, fact.source)
    return fact


def _is_about(fact: Fact, name: str, declared: str | None) -> bool:
    """Returns whether the fact is about the number that the application declares. If it declares none, an officer who
    saw the document says to what the document belongs."""
    if declared is None:
        return fact.source.kind == "officer"
    return bool(fact.value.get(name) == declared)


CONDITIONS: Mapping[str, Condition] = {
    "activity-offered": activity_offered,
    "owner-age": owner_age,
    "owner-eligible": owner_eligible,
    "establishment-needed": establishment_needed,
    "establishment-active": establishment_active,
    "lease-term": lease_term,
    "civil-defence": civil_defence,
    "building-use": building_use,
    "health-certificates": health_certificates,
    "cleaning-contract": cleaning_contract,
    "engineering-classification": engineering_classification,
    "no-unpaid-violation": no_unpaid_violation,
    "renewal-window": renewal_window,
    "licence-live": licence_live,
    "licence-not-stopped": licence_not_stopped,
    "place-not-stopped": place_not_stopped,
    "municipal-review": municipal_review,
    "inspection": inspection,
}
