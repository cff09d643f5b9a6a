"""A number of a transaction, a letter, a tender or a lease is written by no other series of any service."""

from collections.abc import Callable
from itertools import combinations, product

from health_certs.domain import requests as health
from licences.domain import applications as licences
from licences.domain import violations
from reports.domain import reports
from saudi.branches import DIGITS
from tenders.domain import offerings
from transactions.domain import transactions

YEARS = (1447, 1448, 1449)
# As many as a branch could ever give out in a year: a number that is longer by a digit is still told apart.
SERIALS = (1, 17, 99_999, 999_999, 5_999_999)


def numbers(series: str, text: Callable[[str, str, int, int], str]) -> set[str]:
    return {text(series, *key) for key in product(DIGITS, YEARS, SERIALS)}


def test_transactions_letters_tenders_and_leases_have_numbers_of_their_own() -> None:
    own = [
        *(
            numbers(series, transactions.number_text)
            for series in (transactions.TRANSACTIONS, transactions.LETTERS)
        ),
        *(numbers(series, offerings.number_text) for series in (offerings.TENDER, offerings.LEASE)),
    ]
    others = [
        numbers(licences.APPLICATIONS, licences.number_text),
        numbers(licences.LICENCES, licences.number_text),
        numbers(health.REQUESTS, health.number_text),
        numbers(health.CERTIFICATES, health.number_text),
        {reports.number_of(year, serial) for year, serial in product(YEARS, SERIALS)},
        {violations.number_of(year, serial) for year, serial in product(YEARS, SERIALS)},
    ]

    assert [one & other for one, other in combinations(own, 2) if one & other] == []
    assert [found & other for found in own for other in others if found & other] == []
