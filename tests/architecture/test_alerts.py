"""Each alert looks at a metric that there is, and the runbook says what to do about it."""

import re
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from chassis import metrics

from .house import ROOT

ELSEWHERE = {
    "probe_success",
    "process_start_time_seconds",
}  # of the blackbox exporter, and of every process
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]


def exposed() -> set[str]:
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    families = {family.name for family in REGISTRY.collect()}
    counters = {f"{name}_total" for name in families}
    return names | families | counters | {f"{name}_bucket" for name in families} | ELSEWHERE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_looks_at_metrics_that_there_are(rule: dict[str, Any]) -> None:
    assert metrics.OUTBOX_AGE is not None
    asked = set(re.findall(r"[a-z]+(?:_[a-z0-9]+)+(?=[{\[])", rule["expr"]))

    assert asked
    assert asked <= exposed()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_in_the_runbook_with_its_severity(rule: dict[str, Any]) -> None:
    runbook = (ROOT / "docs/operations.md").read_text("utf-8")

    assert f"| {rule['alert']}, {rule['labels']['severity']} |" in runbook


def test_an_alert_in_the_runbook_has_its_rule() -> None:
    runbook = (ROOT / "docs/operations.md").read_text("utf-8")

    told = set(re.findall(r"^\| ([A-Z][A-Za-z]+), (?:page|ticket) \|", runbook, re.M))
    assert told == {rule["alert"] for rule in RULES}
