"""Before an application, without login: towns, activities with papers and fees, and what a plan costs."""

from datetime import date
from decimal import Decimal
from typing import Any

from chassis.core import contracts
from chassis.core.refusals import Fault, InvalidFields
from licences.api.views import View, fee_line_view
from licences.catalogue import everyday_words, municipalities, rules_on, towns
from licences.context import Call
from licences.domain.guide import (
    Paper,
    Plan,
    fee_of,
    fee_rules_of,
    is_immediate,
    offered_activities,
    papers_of,
    unit_words,
)
from licences.domain.rules import Activity, FeeRule, Rules, Terms
from licences.domain.submissions import offer_faults
from saudi.days import legal_day
from saudi.money import riyals


def list_towns(_call: Call) -> View:
    """Lists the towns with the municipality that decides there, and the districts that a form may name."""
    named = municipalities()
    items = [
        {
            "ar": one["ar"],
            "en": one["en"],
            "municipality": one["municipality"],
            "municipality_title": named[one["municipality"]].pair(),
            "districts": [{"ar": part["ar"], "en": part["en"]} for part in one["districts"]],
        }
        for one in contracts.read("reference/places.yaml")["towns"]
    ]
    return {"items": items}


def search_activities(
    call: Call, name: str | None = None, kind: str | None = None, town: str | None = None
) -> View:
    """Lists the activities that are licensed today, each with its papers, fees and bounds."""
    today = legal_day(call.now)
    rules = rules_on(call.session, today)
    municipality = _municipality_of(town) if town is not None else None
    found = offered_activities(
        rules,
        words=name,
        also_called=everyday_words(),
        kind=kind,
        municipality=municipality,
        on=today,
    )
    return {"items": [_activity_view(one, kind, municipality, rules, today) for one in found]}


def estimate_fee(
    call: Call,
    activity: str,
    town: str,
    area_m2: float,
    years: int,
    kind: str | None = None,
    sign_m2: float = 0,
) -> View:
    """Tells what a new licence would cost today, and what it needs. Raises InvalidFields for what isn't offered."""
    today = legal_day(call.now)
    rules = rules_on(call.session, today)
    plan = Plan(
        activity=activity,
        kind=kind or _only_kind(activity, rules),
        municipality=_municipality_of(town),
        area_m2=Decimal(str(area_m2)),
        years=years,
        sign_m2=Decimal(str(sign_m2)),
    )
    faults = list(offer_faults(plan.form(), plan.municipality, rules, on=today))
    if faults:
        raise InvalidFields(_of_parameter(one) for one in faults)
    fee = fee_of(plan, rules, today)
    return {
        "activity": activity,
        "kind": plan.kind,
        "municipality": plan.municipality,
        "municipality_title": municipalities()[plan.municipality].pair(),
        "immediate": is_immediate(plan, rules, today),
        "review_days": rules.parameters.review_days,
        "papers": [_paper(one) for one in papers_of(rules.activities[activity], plan.kind, rules)],
        "fee": [fee_line_view(line) for line in fee],
        "fee_total": riyals(sum(line["amount_halalas"] for line in fee)),
    }


def _municipality_of(town: str) -> str:
    found = towns().named(town)
    if found is None:
        raise InvalidFields.of("town", "town-unknown")
    return found.municipality


def _only_kind(code: str, rules: Rules) -> str:
    """Returns the kind of an activity that has one. Raises InvalidFields for another activity."""
    activity = rules.activities.get(code)
    if activity is None:
        raise InvalidFields.of("activity", "activity-unknown")
    if len(activity.kinds) > 1:
        raise InvalidFields.of("kind", "required")
    return next(iter(activity.kinds))


def _of_parameter(fault: Fault) -> Fault:
    """Returns the fault of an application's form as a fault of the query."""
    field = "activity" if fault.field.startswith("activities.") else fault.field
    return Fault(field, fault.code, fault.params)


def _activity_view(
    activity: Activity, kind: str | None, municipality: str | None, rules: Rules, today: date
) -> View:
    kinds = [one for one in sorted(activity.kinds) if kind in (None, one)]
    named = municipalities()
    terms = {code: one for code, one in activity.terms.items() if municipality in (None, code)}
    return {
        "code": activity.code,
        **activity.words.pair(),
        "kinds": [
            {
                "kind": one,
                "papers": [_paper(paper) for paper in papers_of(activity, one, rules)],
                "fee": [_rate(rule) for rule in fee_rules_of(activity, one, rules, today)],
            }
            for one in kinds
        ],
        "inspected_afterwards": activity.inspected_afterwards,
        "municipalities": [_terms(code, named[code].pair(), one) for code, one in terms.items()],
    }


def _paper(paper: Paper) -> View:
    return {"code": paper.code, "title": paper.title.pair(), **paper.words.pair()}


def _rate(rule: FeeRule) -> View:
    return {
        "code": rule.code,
        **rule.words.pair(),
        "amount": riyals(rule.halalas),
        "per": rule.per,
        "per_title": unit_words(rule).pair(),
    }


def _terms(code: str, title: dict[str, Any], terms: Terms) -> View:
    return {
        "municipality": code,
        "municipality_title": title,
        "immediate": terms.immediate,
        "immediate_up_to_m2": _number(terms.immediate_up_to_m2),
        "max_area_m2": _number(terms.max_area_m2),
        "years_max": terms.years_max,
    }


def _number(value: Decimal | None) -> float | None:
    return float(value) if value is not None else None
