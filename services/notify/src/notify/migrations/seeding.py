"""The house's own templates, as migrations put them into the database: with their first wording."""

from collections.abc import Sequence
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

DAY = 24 * 3_600
_TEMPLATE = sa.text(
    """INSERT INTO template (template_id, name, title_ar, title_en, kind, when_unsure, expires_seconds, current,
    created_at, updated_at, version)
    VALUES (:id, :name, :title_ar, :title_en, :kind, 'twice', :seconds, 1, :now, :now, 1)"""
)
_VERSION = sa.text(
    """INSERT INTO template_version (template_id, number, body_ar, body_en, parameters, created_at, created_by)
    VALUES (:id, 1, :ar, :en, :parameters, :now, 'notify')"""
)


def add_template(
    name: str,
    *,
    kind: str,
    seconds: int,
    titles: tuple[str, str],
    bodies: tuple[str, str],
    parameters: Sequence[str],
    now: datetime,
) -> None:
    """`kind`: notice or information; it isn't sent any more `seconds` after its event; titles and bodies are Arabic and
    English. Where a provider doesn't say whether it took a text, it's rather sent twice."""
    key = str(uuid5(NAMESPACE_URL, f"https://contracts.qatif.gov.sa/templates/{name}"))
    template = {"id": key, "name": name, "kind": kind, "seconds": seconds, "now": now}
    template |= {"title_ar": titles[0], "title_en": titles[1]}
    op.get_bind().execute(_TEMPLATE, template)
    words = {"id": key, "ar": bodies[0], "en": bodies[1], "parameters": list(parameters)}
    op.get_bind().execute(_VERSION, {**words, "now": now})
