"""explain, replay and rules on the command line."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from licences.catalogue import first_rules
from licences.cli import read_file
from licences.commands.replay import decided_applications
from licences.domain.replay import Change, replay_decision
from licences.domain.rule_days import days_of_change
from licences.domain.rules import Rules


def changed(**changes: Any) -> dict[str, Any]:
    document = deepcopy(dict(first_rules()))
    document["version"] = "2026.9"
    document["parameters"].update(changes)
    return document


def replay(row: Any, document: Any) -> list[Change | None]:
    rules = Rules.read(document)
    return replay_decision(row.decision, days_of_change(document), rules.as_on)


def test_the_same_rules_change_no_decision(submit_and_decide: Any, shop: Any, session: Any) -> None:
    submit_and_decide(shop())

    (row,) = decided_applications(session)

    assert replay(row, first_rules()) == [None]


def test_other_rules_show_which_decision_they_would_change(
    submit_and_decide: Any, shop: Any, session: Any
) -> None:
    submit_and_decide(shop())

    (row,) = decided_applications(session)
    (change,) = replay(row, changed(owner_age=60))

    assert change is not None
    assert (change.before, change.after) == ("issued", "refused")
    assert change.conditions == ("owner-age",)


def test_another_fee_is_a_change(submit_and_decide: Any, shop: Any, session: Any) -> None:
    submit_and_decide(shop())
    document = deepcopy(dict(first_rules()))
    document["fees"][0]["halalas"] = 40_000

    (row,) = decided_applications(session)
    (change,) = replay(row, document)

    assert change is not None
    assert (change.fee_before, change.fee_after, change.after) == (48_000, 58_000, "issued")


def test_a_fee_of_a_later_day_counts_from_the_first_day_of_its_version(
    submit_and_decide: Any, shop: Any, session: Any
) -> None:
    submit_and_decide(shop())
    document = deepcopy(dict(first_rules()))
    document["version"], document["effective_from"] = "2027.1", "2027-01-01"
    document["fees"][0]["until"] = "2026-12-31"
    document["fees"].append({**first_rules()["fees"][0], "halalas": 40_000, "since": "2027-01-01"})

    (row,) = decided_applications(session)
    (change,) = replay(row, document)

    assert change is not None
    assert (change.fee_before, change.fee_after) == (48_000, 58_000)


def test_a_fee_that_begins_after_the_first_day_is_tried_on_its_own_day(
    submit_and_decide: Any, shop: Any, session: Any
) -> None:
    submit_and_decide(shop())
    document = deepcopy(dict(first_rules()))
    document["version"], document["effective_from"] = "2027.1", "2027-01-01"
    document["fees"][0]["until"] = "2027-02-28"
    later = {**first_rules()["fees"][0], "halalas": 9_999_900, "since": "2027-03-01"}
    document["fees"].append(later)

    (row,) = decided_applications(session)
    first, march = replay(row, document)

    assert first is None
    assert march is not None
    assert (march.fee_before, march.fee_after) == (48_000, 10_017_900)


def test_the_faults_of_a_file_are_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1", "utf-8")

    with pytest.raises(click.ClickException) as refusal:
        read_file(file)

    lines = refusal.value.message.splitlines()
    assert "Line 1, column 10, version: The value has the wrong type; send a text" in lines
    assert "Line 1, column 1, fees: This field is required" in lines


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(dict(first_rules()), allow_unicode=True), "utf-8")

    assert read_file(file).document == first_rules()
