"""Versions of the rules that are proposed, replayed and approved."""

import json
from importlib.resources import files

import yaml
from alembic import op
from sqlalchemy import text

from chassis.data.migrations import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A loaded version kept no file. Gives the version that the service brought along its own file, and another version
    its document, because JSON is YAML."""
    run_sql(__file__)
    source = (files("licences") / "rules" / "2026.1.yaml").read_text("utf-8")
    op.get_bind().execute(
        text("UPDATE rule_version SET source = :source WHERE document = CAST(:document AS jsonb)"),
        {"source": source, "document": json.dumps(yaml.safe_load(source))},
    )
