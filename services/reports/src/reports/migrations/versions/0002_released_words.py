"""The release of the citizens' words to the public, and the moment from which the present hands have the work.

No word of an older report was read by an officer: all of them wait.
"""

from chassis.data.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
