"""The SMS texts as shipped, `notify/wordings/*.yaml`: `migrate` puts them into the database.

A text that changed becomes a new version of its template. A template whose newest version an editor wrote stays as
the editor left it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, RowMapping, text

from notify import catalogue
from notify.domain.templates import SHIPPED
from notify.domain.texts import placeholders

_NEWEST = text(
    """SELECT template.*, body_ar, body_en, further, created_by
    FROM template JOIN template_version ON template_version.template_id = template.template_id
        AND number = current
    WHERE template.template_id = :template_id FOR UPDATE OF template"""
)
_TEMPLATE = text(
    """INSERT INTO template (template_id, name, title_ar, title_en, kind, when_unsure, expires_seconds, current,
        created_at, updated_at, version)
    VALUES (:template_id, :name, :title_ar, :title_en, :kind, :when_unsure, :expires_seconds, :current, :now, :now, 1)
    ON CONFLICT (template_id) DO UPDATE SET title_ar = excluded.title_ar, title_en = excluded.title_en,
        kind = excluded.kind, when_unsure = excluded.when_unsure, expires_seconds = excluded.expires_seconds,
        current = excluded.current, updated_at = excluded.updated_at, version = template.version + 1"""
)
_VERSION = text(
    """INSERT INTO template_version (template_id, number, body_ar, body_en, further, parameters, created_at, created_by)
    VALUES (:template_id, :current, :body_ar, :body_en, CAST(:further AS jsonb), :parameters, :now, :shipped)"""
)
_COMPARED = ("title_ar", "title_en", "kind", "when_unsure", "expires_seconds", "body_ar", "body_en")


def seed(connection: Connection) -> None:
    """Adds the templates that are missing, and a version where a shipped text changed."""
    now = datetime.now(UTC)
    for name, template in catalogue.read_wordings().items():
        row = _row(name, template)
        newest = connection.execute(_NEWEST, row).mappings().one_or_none()
        if newest is None or (newest["created_by"] == SHIPPED and _differs(newest, row)):
            row |= {"current": newest["current"] + 1 if newest else 1}
            connection.execute(_TEMPLATE, {**row, "now": now})
            connection.execute(_VERSION, {**row, "now": now, "shipped": SHIPPED})


def _row(name: str, template: Mapping[str, Any]) -> dict[str, Any]:
    bodies = dict(template["text"])
    arabic, english = bodies.pop("ar"), bodies.pop("en")
    return {
        "template_id": str(
            uuid5(NAMESPACE_URL, f"https://contracts.qatif.gov.sa/templates/{name}")
        ),
        "name": name,
        "title_ar": template["title"]["ar"],
        "title_en": template["title"]["en"],
        **{fact: template[fact] for fact in ("kind", "when_unsure", "expires_seconds")},
        "body_ar": arabic,
        "body_en": english,
        "further": json.dumps(bodies, ensure_ascii=False),
        "parameters": list(placeholders(arabic)),
    }


def _differs(newest: RowMapping, row: Mapping[str, Any]) -> bool:
    return newest["further"] != json.loads(row["further"]) or any(
        newest[name] != row[name] for name in _COMPARED
    )
