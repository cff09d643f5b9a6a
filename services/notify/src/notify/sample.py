"""`notify access`: adds a sample system with a key and templates, by the commands that an administrator uses."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from notify import queries
from notify.commands import api_services, templates
from notify.domain.api_services import KeyKind
from notify.models import ApiService
from notify.resources import Resources
from notify.settings import Settings

NAME = "نظام تجريبي (بيانات تجريبية)"
LIMITS = (3_000, 250_000)
DAY = 86_400
# name, Arabic and English title, Arabic and English text, in the municipality's own words.
TEMPLATES = [
    (
        *("permit-notes", "ملاحظات على طلب رخصة", "Remarks on a permit request"),
        "توجد ملاحظات على طلب رخصة البناء رقم ((number)). راجعوا المكتب الهندسي. بلدية القطيف",
        "There are remarks on building permit request ((number)). See your engineering office. Qatif Municipality",
    ),
]


@click.command(
    "access", help="Make a sample system with a key, and write how it reaches us to FILE."
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_process
def command(process: Process[Settings, Resources], file: Path) -> None:
    """Refuses a database with a sample system, because a key is shown only once."""
    with process.transaction() as context:
        if context.session.scalar(select(exists().where(ApiService.name == NAME))):
            raise click.ClickException("the sample system is there already")
        access = make_system(context.session, hosts=process.settings.link_hosts, now=context.now)
    access["url"] = process.settings.public_url
    file.touch(mode=0o600)
    file.write_text(json.dumps({"notify": access}, ensure_ascii=False), "utf-8")


def make_system(session: Session, *, hosts: tuple[str, ...], now: datetime) -> dict[str, Any]:
    """Adds a system with a `normal` key, with sample templates and with copies of the municipality's templates. Returns
    `{api_key, templates: {name: id}}`."""
    actor = SystemActor("sample-data", "sample", organisation="qatif")
    work = UnitOfWork(session, actor, now)
    service = api_services.add_api_service(work, name=NAME, limits=LIMITS)
    _, key = api_services.make_key(
        work,
        service.api_service_id,
        name="sample",
        kind=KeyKind.NORMAL,
    )
    template_ids = {}
    for given in [*_sample_templates(), *_copied_templates(session)]:
        row = templates.add_template(
            work,
            {**given, "api_service_id": service.api_service_id},
            hosts=hosts,
        )
        template_ids[row.name] = row.template_id
    return {"api_key": key, "templates": template_ids}


def _sample_templates() -> list[dict[str, Any]]:
    facts = {"kind": "information", "when_unsure": "twice", "expires_seconds": DAY}
    names = ("name", "title_ar", "title_en", "body_ar", "body_en")
    return [{**facts, **dict(zip(names, one, strict=True))} for one in TEMPLATES]


def _copied_templates(session: Session) -> list[dict[str, Any]]:
    """Returns the municipality's templates except the template of codes, which no other system sends."""
    return [
        {
            "name": row.name,
            "title_ar": row.title_ar,
            "title_en": row.title_en,
            "body_ar": words.body_ar,
            "body_en": words.body_en,
            "kind": row.kind,
            "when_unsure": row.when_unsure,
            "expires_seconds": row.expires_seconds,
        }
        for row, words in queries.list_templates(session, None)
        if row.name != "code"
    ]
