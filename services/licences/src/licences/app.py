"""The composition root of the service."""

from typing import TYPE_CHECKING, Any

from chassis.data.lock_order import series
from chassis.files import tidying
from chassis.service import Service, every, on_deadline
from documents.issuing.keys_command import keys_command
from documents.issuing.resources import page_of_trouble
from licences import chores, limits, sample
from licences.cli import explain_command, replay_command, rules_command
from licences.commands.recording import COMPLETION, PAYMENT, REDECISION, WAITING
from licences.commands.replay import REPLAYER, run_replay
from licences.commands.rules import REPLAY
from licences.commands.violations.deadlines import DEADLINES
from licences.consumers import HANDLERS
from licences.context import Call
from licences.domain import violations
from licences.domain.applications import APPLICATIONS, LICENCES
from licences.models.documents import REGISTER
from licences.queries.applications import numbered_applications, numbered_licences
from licences.queries.violations import numbered_violations
from licences.resources import Resources
from licences.settings import Settings
from licences.workers import OutsideAsker, ask_outside
from pages.assets import mount_assets
from saudi.days import legal_day
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chassis.core.refusals import Fault


def _application_faults(call: Call, body: dict[str, Any]) -> "Sequence[Fault]":
    from licences.api.applicants import applicant_of
    from licences.commands.forms import application_faults

    return application_faults(call.session, applicant_of(call), body, today=legal_day(call.now))


def _counter_faults(call: Call, body: dict[str, Any]) -> "Sequence[Fault]":
    from licences.commands.forms import counter_faults
    from licences.domain.actors import municipality_bound

    municipality = municipality_bound(call.actor)
    return counter_faults(call.session, municipality, body, today=legal_day(call.now))


SERVICE = Service(
    name="licences",
    package="licences",
    settings=Settings,
    api=[
        "licences.api.officers",
        "licences.api.public",
        "licences.api.guide",
        "licences.api.rules",
        "documents.issuing.operations",
        "licences.api.signed_documents",
        "licences.api.applicants",
        "licences.api.violations",
    ],
    handlers=HANDLERS,
    commands=[
        sample.command,
        explain_command,
        replay_command,
        rules_command,
        keys_command(REGISTER),
    ],
    chores=[
        every(60, chores.publish_changed_activities),
        every(60, chores.measure_overdue_reviews),
        every(60, chores.empty_old_violations),
        every(60, chores.empty_old_licences),
        every(600, chores.drop_drafts),
        every(60, tidying.drop_unclaimed),
        every(5, tidying.collect_orphans),
    ],
    resources=Resources,
    deadlines={
        **DEADLINES,
        **dict.fromkeys((WAITING, COMPLETION, PAYMENT), chores.end_overdue_application),
        REDECISION: chores.redecide_application,
        REPLAY: on_deadline(run_replay, REPLAYER),
    },
    due_times=OutsideAsker.due_times,
    workers={"outside": ask_outside, "scanner": tidying.scan},
    # Rows of one table are locked in the order of their keys. Invoices and visits are locked after the row that they
    # belong to, and need no place here. A transaction that holds the series of licences waits for no row.
    lock_order=(
        *("rule_version", "draft", series(APPLICATIONS), "violation", "application", "licence"),
        series(LICENCES),
    ),
    numbers={
        APPLICATIONS: numbered_applications,
        LICENCES: numbered_licences,
        violations.SERIES: numbered_violations,
    },
    address_limits=limits.of_address,
    pages=mount_assets,
    error_shapes={"/documents": page_of_trouble(Resources)},
    formats=FORMATS,
    table_rules=dict.fromkeys(
        ("check_my_application", "apply_for_licence", "correct_my_application"),
        _application_faults,
    )
    | dict.fromkeys(("submit_application", "correct_application"), _counter_faults),
)
