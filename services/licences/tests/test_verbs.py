"""explain, replay and rules on the command line."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from licences.catalogue import first_rules
from licences.cli import decided_applications, replay_decision, rules_of_file
from licences.domain.rules import Rules


def changed(**changes: Any) -> Rules:
    document = deepcopy(dict(first_rules()))
    document["version"] = "2026.9"
    document["parameters"].update(changes)
    return Rules.read(document)


def test_the_same_rules_change_no_decision(submit_and_decide: Any, shop: Any, session: Any) -> None:
    submit_and_decide(shop())

    (row,) = decided_applications(session, None)

    assert replay_decision(row, Rules.read(first_rules())) is None


def test_other_rules_show_which_decision_they_would_change(
    submit_and_decide: Any, shop: Any, session: Any
) -> None:
    submit_and_decide(shop())

    (row,) = decided_applications(session, None)
    change = replay_decision(row, changed(owner_age=60))

    assert change is not None
    assert (change.before, change.after) == ("issued", "refused")
    assert change.conditions == ("owner-age",)


def test_another_fee_is_a_change(submit_and_decide: Any, shop: Any, session: Any) -> None:
    submit_and_decide(shop())
    document = deepcopy(dict(first_rules()))
    document["fees"][0]["halalas"] = 40_000

    (row,) = decided_applications(session, None)
    change = replay_decision(row, Rules.read(document))

    assert change is not None
    assert (change.fee, change.after) == ((48_000, 58_000), "issued")


def test_a_file_that_is_no_version_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1", "utf-8")

    with pytest.raises(click.ClickException, match="not a version of the rules"):
        rules_of_file(file)


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(dict(first_rules()), allow_unicode=True), "utf-8")

    assert rules_of_file(file) == Rules.read(first_rules())
