"""The composition root of the service."""

from collections.abc import Iterable
from typing import Any

from chassis.data.lock_order import series
from chassis.files import tidying
from chassis.service import Service, every, on_deadline
from documents.issuing.keys_command import keys_command
from documents.issuing.resources import page_of_trouble
from pages.assets import mount_assets
from permits import catalogue, chores, cli, limits, sample, workers
from permits.commands import (
    ended_permit,
    followed_permit,
    handle_appeal,
    occupancy,
    release_current,
    release_state,
)
from permits.consumers import HANDLERS
from permits.domain import asked_words
from permits.domain.actors import SYSTEM
from permits.models.documents import REGISTER
from permits.resources import Resources
from permits.settings import Settings
from saudi.formats import FORMATS


def _rest(body: dict[str, Any]) -> Iterable[Any]:
    from permits.domain import incomplete

    return incomplete.faults(body)


SERVICE = Service(
    name="permits",
    package="permits",
    settings=Settings,
    # The electricity company waits for a permit at the end of this path.
    gather_seconds=0.02,
    api=[
        "permits.api.appeals",
        "permits.api.certificates",
        "permits.api.files",
        "permits.api.permits",
        "permits.api.people",
        "permits.api.requests",
        "documents.issuing.operations",
        "permits.api.signed_documents",
    ],
    handlers=HANDLERS,
    commands=[
        sample.command,
        cli.index_names_command,
        cli.import_rows_command,
        keys_command(REGISTER),
    ],
    chores=[
        every(30, chores.watch_searches),
        every(60, chores.measure_appeals),
        every(60, chores.measure_rows),
        every(600, chores.empty_names),
        every(600, chores.empty_files),
        every(86_400, chores.set_missing_terms),
        every(60, tidying.drop_unclaimed),
        every(5, tidying.collect_orphans),
    ],
    resources=Resources,
    # A transaction that holds a number series waits for no row.
    lock_order=(
        *("permit_request", "invoice", "permit", "appeal", "certificate", "release"),
        *map(series, ("permit", "insulation", "completion", "occupancy", "release", "appeal")),
    ),
    address_limits=limits.of_address,
    pages=mount_assets,
    error_shapes={"/documents": page_of_trouble(Resources)},
    numbers={
        "permit": cli.numbered_permits,
        "insulation": lambda: cli.numbered_certificates("insulation"),
        "completion": lambda: cli.numbered_certificates("completion"),
        "occupancy": lambda: cli.numbered_certificates("occupancy"),
        "release": cli.numbered_releases,
        "appeal": cli.numbered_appeals,
    },
    workers={"importer": workers.run_importer, "scanner": tidying.scan},
    deadlines={
        occupancy.DECISION: on_deadline(occupancy.mark_overdue, SYSTEM),
        occupancy.TERM: on_deadline(occupancy.end_term, SYSTEM),
        handle_appeal.DECISION: on_deadline(handle_appeal.note_overdue, SYSTEM),
        followed_permit.ENDED: on_deadline(ended_permit.note_previous_ended, SYSTEM),
        release_state.APPROVAL_END: on_deadline(release_current.end_approval, SYSTEM),
    },
    formats={
        **FORMATS,
        "permit-kind": asked_words.read_kind,
        "permit-status": asked_words.read_permit_status,
        "permit-request-status": asked_words.read_request_status,
        "branch": catalogue.read_branch,
    },
    rules=dict.fromkeys(
        ("submit_permit_request", "edit_permit_request", "resubmit_permit_request"), _rest
    ),
)
