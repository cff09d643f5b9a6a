"""The municipality's departments: one list for transactions and appointments, and the same names in reports."""

from .reading import tree

TREE = tree()
DEPARTMENTS = TREE["reference/departments.yaml"]["departments"]
KINDS = TREE["reference/transaction-kinds.yaml"]


def test_a_code_is_given_once() -> None:
    codes = [one["code"] for one in DEPARTMENTS]

    assert len(codes) == len(set(codes))


def test_every_kind_of_transaction_belongs_to_a_department_of_the_list() -> None:
    codes = {one["code"] for one in DEPARTMENTS}
    named = {rule["department"] for kind in KINDS["kinds"] for rule in kind["rules"]}

    assert {*named, KINDS["registry"]} <= codes


def test_a_department_that_treats_reports_too_has_the_same_names() -> None:
    treating = TREE["reference/report-categories.yaml"]["departments"]
    words = {one["code"]: (one["ar"], one["en"]) for one in DEPARTMENTS}
    both = [one for one in treating if one["code"] in words]

    assert both
    assert {one["code"]: (one["ar"], one["en"]) for one in both} == {
        one["code"]: words[one["code"]] for one in both
    }
