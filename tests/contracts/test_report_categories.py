"""What people report: the category tree, its departments and the rules of referral, as other services read them."""

import re
from typing import Any

from .reading import tree

NOW = tree()
TREE = NOW["reference/report-categories.yaml"]
BRANCHES = {one["code"] for one in NOW["reference/places.yaml"]["municipalities"]}
KINDS = [kind for group in TREE["groups"] for kind in group["kinds"]]
TYPES = [leaf for kind in KINDS for leaf in kind["types"]]
FIELDS = [field for leaf in TYPES for field in leaf.get("fields", ())]
NAMED = [
    *(*TREE["departments"], *TREE["outside_bodies"], *TREE["groups"], *KINDS, *TYPES, *FIELDS),
    *(value for field in FIELDS for value in field.get("values", ())),
]


def codes(rows: Any) -> list[str]:
    return [row["code"] for row in rows]


def test_a_code_is_given_once() -> None:
    for rows in (TREE["departments"], TREE["outside_bodies"], TREE["groups"], KINDS, TYPES):
        assert len(codes(rows)) == len(set(codes(rows)))
        assert all(re.fullmatch("[a-z][a-z0-9-]*", code) for code in codes(rows))
    assert not set(codes(TYPES)) & set(codes(TREE["groups"]))
    assert not set(codes(TYPES)) & set(codes(KINDS))


def test_everything_has_an_arabic_and_an_english_name() -> None:
    for row in NAMED:
        assert re.search("[\u0620-\u064a]", row["ar"]), row
        assert row["en"].isascii(), row


def test_a_type_has_a_department_and_a_service_time_of_one_kind() -> None:
    for leaf in TYPES:
        time = leaf["service_time"]
        assert leaf["department"] in codes(TREE["departments"]), leaf["code"]
        assert isinstance(leaf["public"], bool), leaf["code"]
        assert time["clock"] in {"working", "continuous"}, leaf["code"]
        assert len(time.keys() & {"hours", "days"}) == 1, leaf["code"]
        assert "days" not in time or time["clock"] == "working", leaf["code"]


def test_danger_is_never_counted_in_working_hours() -> None:
    for leaf in TYPES:
        assert not leaf.get("alert") or leaf["service_time"]["clock"] == "continuous", leaf["code"]


def test_building_violations_encroachments_and_shops_are_never_public() -> None:
    for group in TREE["groups"]:
        if group["code"] in {"building", "encroachment", "markets"}:
            public = [
                one["code"] for kind in group["kinds"] for one in kind["types"] if one["public"]
            ]
            assert public == []


def test_some_type_is_answered_with_a_token_first() -> None:
    assert [leaf["code"] for leaf in TYPES if leaf.get("batch") and leaf["public"]]


def test_a_list_field_has_values_and_no_other_has() -> None:
    for field in FIELDS:
        assert ("values" in field) == field["datatype"].endswith("valuelist"), field["code"]
        assert isinstance(field["required"], bool)


def test_a_referral_names_what_there_is() -> None:
    levels = {*codes(TREE["groups"]), *codes(KINDS), *codes(TYPES)}
    for rule in TREE["referrals"]:
        assert rule["category"] in levels
        assert rule["department"] in codes(TREE["departments"])
        assert rule.get("municipality") in {None, *BRANCHES}
