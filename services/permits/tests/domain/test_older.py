"""How a permit from before the system is read."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from permits.domain import older
from permits.domain.older import Older

TODAY = date(2026, 11, 24)
Paper = Callable[..., dict[str, Any]]


def read(paper: Paper, **changes: Any) -> Older:
    return older.parse(paper(**changes), today=TODAY)[0]


def faults(paper: Paper, **changes: Any) -> dict[str, str]:
    with pytest.raises(InvalidFields) as refused:
        read(paper, **changes)
    return {fault.field: fault.code for fault in refused.value.faults}


def test_its_number_is_kept_as_it_stands_in_one_spelling(paper: Paper) -> None:
    assert read(paper, permit_number=" ١٤٢٥ / ٣٣١ / ب").permit_number == "1425/331/ب"


def test_it_ends_on_the_day_that_stands_on_it_or_after_three_years(paper: Paper) -> None:
    assert read(paper).expires_on == date(2028, 3, 1)
    assert read(paper, expires_on=date(2027, 1, 1)).expires_on == date(2027, 1, 1)


def test_an_older_renewal_says_what_was_built(paper: Paper) -> None:
    assert faults(paper, kind="renewal") == {"works": "required"}
    assert read(paper, kind="renewal", works="new").application.works == "new"


def test_works_are_named_of_renewals_and_transfers_only(paper: Paper) -> None:
    assert faults(paper, works="fence") == {"works": "not-allowed"}


def test_every_fault_is_named_at_once(paper: Paper) -> None:
    found = faults(
        paper,
        permit_number="\u200f",
        issued_on=date(2027, 1, 1),
        expires_on=date(2026, 1, 1),
        source={"reference": " "},
    )

    assert found == {
        "permit_number": "required",
        "issued_on": "future-date",
        "expires_on": "before-start",
        "source.reference": "required",
    }


def test_a_day_before_the_tables_of_umm_al_qura_is_refused(paper: Paper) -> None:
    assert faults(paper, issued_on=date(1901, 1, 1)) == {"issued_on": "outside-calendar"}
