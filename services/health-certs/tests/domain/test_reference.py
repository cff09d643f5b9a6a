"""The reference data, as the rules read them."""

from datetime import date

import pytest

from health_certs import catalogue
from health_certs.domain.certificates import last_day
from health_certs.domain.reference import Course
from health_certs.domain.requests import FIRST, RENEW, fee_lines
from saudi.bilingual import Bilingual

TODAY = date(2026, 11, 25)


def test_a_municipality_says_only_what_is_other_there() -> None:
    book = catalogue.rulebook()

    assert book.of("saihat", TODAY).education_asked
    assert not book.of("umm-al-hamam", TODAY).education_asked
    assert (
        book.of("umm-al-hamam", TODAY).examination_days == book.of("saihat", TODAY).examination_days
    )
    with pytest.raises(LookupError):
        book.of("saihat", date(2020, 1, 1))


def test_a_seasonal_profession_is_listed_in_its_season_alone() -> None:
    found = catalogue.professions().by_code["ramadan-food-worker"]

    assert found.is_listed(TODAY)
    assert not found.is_listed(date(2026, 10, 31))
    assert not found.is_listed(date(2027, 3, 19))


def test_a_centre_is_accredited_on_some_days() -> None:
    centre = catalogue.centres()["saihat-centre"]

    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1)]
    assert [centre.is_accredited(day) for day in days] == [True, False, False, True]
    assert not catalogue.centres()["closed-centre"].is_accredited(TODAY)


@pytest.mark.parametrize(
    ("profession", "kind", "halalas"),
    [("cook", FIRST, 10_000), ("cook", RENEW, 10_000), ("ramadan-food-worker", FIRST, 6_000)],
)
def test_the_fee_is_that_of_the_table(profession: str, kind: str, halalas: int) -> None:
    rules = catalogue.rulebook().of("saihat", TODAY)

    lines = fee_lines(kind, catalogue.professions().by_code[profession], rules)

    assert [line.amount_halalas for line in lines] == [halalas]


def test_a_certificate_is_good_for_a_year_and_a_seasonal_one_to_its_fixed_end() -> None:
    rules = catalogue.rulebook().of("saihat", TODAY)
    season = catalogue.professions().seasons["hajj-1448"]

    assert last_day(TODAY, rules, None) == date(2027, 11, 24)
    assert last_day(date(2028, 2, 29), rules, None) == date(2029, 2, 27)
    assert last_day(TODAY, rules, season) == date(2027, 6, 20)


@pytest.mark.parametrize(
    ("passed_on", "months", "until"),
    [
        (date(2026, 11, 20), 24, date(2028, 11, 20)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 24, date(2028, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
    ],
)
def test_a_pass_is_good_for_its_months(passed_on: date, months: int, until: date) -> None:
    course = Course("food-handlers", Bilingual("", ""), months)

    assert course.good_until(passed_on) == until


def test_every_municipality_has_its_digits_and_rules() -> None:
    from saudi.branches import DIGITS

    assert set(DIGITS) == set(catalogue.municipalities())
