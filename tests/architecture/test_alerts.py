"""Each alert looks at a metric that there is, and the runbook says what to do about it."""

import importlib
import re
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from chassis.core import metrics

from .house import ROOT, SERVICES

ELSEWHERE = {
    "probe_success",
    "up",
    "process_start_time_seconds",
}  # of the blackbox exporter, of Prometheus itself, and of every process
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]


def exposed() -> set[str]:
    for service in SERVICES:
        importlib.import_module(f"{service.package}.app")
    metrics.exposition()  # creates the declared metrics
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    families = {family.name for family in REGISTRY.collect()}
    counters = {f"{name}_total" for name in families}
    return names | families | counters | {f"{name}_bucket" for name in families} | ELSEWHERE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_looks_at_metrics_that_there_are(rule: dict[str, Any]) -> None:
    asked = set(re.findall(r"[a-z]+(?:_[a-z0-9]+)*(?=[{\[])", rule["expr"]))

    assert asked
    assert asked <= exposed()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_in_the_runbook_with_its_severity(rule: dict[str, Any]) -> None:
    runbook = (ROOT / "docs/operations.md").read_text("utf-8")

    assert f"| {rule['alert']}, {rule['labels']['severity']} |" in runbook


def test_an_alert_in_the_runbook_has_its_rule() -> None:
    runbook = (ROOT / "docs/operations.md").read_text("utf-8")

    described = set(re.findall(r"^\| ([A-Z][A-Za-z]+), (?:page|ticket) \|", runbook, re.M))
    assert described == {rule["alert"] for rule in RULES}
