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
from licences.domain.replay import replay_decision
from licences.domain.rules import Rules


def changed(**changes: Any) -> Rules:
    document = deepcopy(dict(first_rules()))
    document["version"] = "2026.9"
    document["parameters"].update(changes)
    return Rules.read(document)


def test_the_same_rules_change_no_decision(submit_and_decide: Any, shop: Any, session: Any) -> None:
    submit_and_decide(shop())

    (row,) = decided_applications(session)

    assert replay_decision(row.decision, Rules.read(first_rules())) is None


def test_other_rules_show_which_decision_they_would_change(
    submit_and_decide: Any, shop: Any, session: Any
) -> None:
    submit_and_decide(shop())

    (row,) = decided_applications(session)
    change = replay_decision(row.decision, changed(owner_age=60))

    assert change is not None
    assert (change.before, change.after) == ("issued", "refused")
    assert change.conditions == ("owner-age",)


def test_another_fee_is_a_change(submit_and_decide: Any, shop: Any, session: Any) -> None:
    submit_and_decide(shop())
    document = deepcopy(dict(first_rules()))
    document["fees"][0]["halalas"] = 40_000

    (row,) = decided_applications(session)
    change = replay_decision(row.decision, Rules.read(document))

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
    change = replay_decision(row.decision, Rules.read(document))

    assert change is not None
    assert (change.fee_before, change.fee_after) == (48_000, 58_000)


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
