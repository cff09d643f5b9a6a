"""What people typed, in a spreadsheet."""

import pytest

from saudi.cells import cell


@pytest.mark.parametrize(
    "typed",
    ["=1+1", "+966", "-1", "@sum", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1", "＋1", "－1", "＠a"],
)
def test_a_formula_is_a_text(typed: str) -> None:
    assert cell(typed) == f"'{typed}"


@pytest.mark.parametrize(
    ("typed", "written"),
    [("علي;=1+1", "علي;'=1+1"), ("Ali| +1", "Ali|' +1"), ("a;b", "a;b"), ("=1;=2", "'=1;'=2")],
)
def test_what_a_semicolon_would_cut_off_is_no_formula(typed: str, written: str) -> None:
    assert cell(typed) == written


@pytest.mark.parametrize(
    ("value", "written"), [(None, ""), (12, "12"), ("مطعم = بيت", "مطعم = بيت")]
)
def test_anything_else_is_as_typed(value: object, written: str) -> None:
    assert cell(value) == written
