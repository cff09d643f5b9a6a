"""What is missing, in the fixed order, and what everybody may see of it."""

from datetime import date

import pytest

from health_certs.domain.decision import (
    Facts,
    Needs,
    Pass,
    Result,
    Source,
    decide,
    end_reason,
    visible_conditions,
)
from health_certs.domain.requests import EndReason

TODAY = date(2026, 11, 25)
AT = "2026-11-25T08:00:00Z"
OFFICER, MONEY = Source("officer", AT), Source("payments", AT)
CENTRE = Source("medical_centre", AT, "examination-1", "saihat-centre")
COURSE = Needs("food-handlers")
PASS = Pass("food-handlers", date(2028, 11, 20), OFFICER)
FIT, UNFIT = Result(True, CENTRE), Result(False, CENTRE)
ALL = {"education": PASS, "payment": MONEY, "examination": FIT}


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ((), "awaiting_education"),
        (("payment",), "awaiting_education"),
        (("examination",), "awaiting_education"),
        (("education",), "awaiting_payment"),
        (("education", "examination"), "awaiting_payment"),
        (("education", "payment"), "awaiting_examination"),
    ],
)
def test_the_first_thing_missing_is_the_public_state(known: tuple[str, ...], status: str) -> None:
    decision = decide(COURSE, Facts(**{name: ALL[name] for name in known}), on=TODAY)

    assert (decision.status, decision.issues) == (status, False)


def test_a_certificate_is_issued_once_all_is_there() -> None:
    assert decide(COURSE, Facts(**ALL), on=TODAY).issues
    assert decide(Needs(None), Facts(payment=MONEY, examination=FIT), on=TODAY).issues


@pytest.mark.parametrize("known", [(), ("education",), ("payment",), ("education", "payment")])
def test_unfit_looks_like_not_examined(known: tuple[str, ...]) -> None:
    facts = {name: ALL[name] for name in known}

    unfit = decide(COURSE, Facts(**facts, examination=UNFIT), on=TODAY)
    none = decide(COURSE, Facts(**facts), on=TODAY)

    assert (unfit.status, unfit.issues) == (none.status, none.issues)
    for ended in (False, True):
        shown = [visible_conditions(one, knows_result=False, ended=ended) for one in (unfit, none)]
        assert shown[0] == shown[1]


def test_a_pass_that_is_over_or_of_another_course_is_none() -> None:
    over = Pass("food-handlers", date(2026, 11, 24), OFFICER)
    other = Pass("personal-care", date(2028, 11, 20), OFFICER)

    for passed in (over, other):
        facts = Facts(education=passed, payment=MONEY, examination=FIT)
        assert decide(COURSE, facts, on=TODAY).status == "awaiting_education"


def test_nothing_is_issued_after_the_season() -> None:
    asked = Needs(None, season_ends_on=date(2026, 11, 24))

    decision = decide(asked, Facts(payment=MONEY, examination=FIT), on=TODAY)

    assert not decision.issues
    assert end_reason(Facts(payment=MONEY, examination=FIT), decision) is EndReason.SEASON_OVER


@pytest.mark.parametrize(
    ("examination", "reason"),
    [(None, EndReason.NOT_EXAMINED), (UNFIT, EndReason.UNFIT), (FIT, EndReason.NOT_COMPLETED)],
)
def test_the_reason_of_an_end_is_what_is_missing_then(
    examination: Result | None, reason: EndReason
) -> None:
    facts = Facts(examination=examination)

    assert end_reason(facts, decide(COURSE, facts, on=TODAY)) is reason


def test_who_may_know_the_result_is_told_of_the_examination() -> None:
    decision = decide(COURSE, Facts(examination=UNFIT), on=TODAY)

    last = visible_conditions(decision, knows_result=True, ended=True)[-1]

    assert (last["code"], last["satisfied"]) == ("examination", False)
    assert last["source"]["by"] == "saihat-centre"
