"""What every world's evidence has, and how rows of a database become evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from chassis.data.db import Database

from .history import Entry

# What a row becomes, by the SELECT that answers its fields.
Select = tuple[str, Callable[..., Any]]


@dataclass(frozen=True, kw_only=True)
class RunEvidence:
    """What is left of a run. The checker looks at nothing else.

    `lost`: what the load never got done. `drained_s`: seconds until all had come through, None when the patience ended
    before.
    """

    history: Sequence[Entry] = ()
    lost: Sequence[str] = ()
    drained_s: float | None = 0.0

    @property
    def is_over(self) -> bool:
        """Whether all had the time to end. Before that nothing counts as lost."""
        return self.drained_s is not None


def read_rows(
    database: Database, selects: Mapping[str, Select], values: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Reads several statements at one moment of a database: name → what the rows became."""
    with database.snapshot() as session:
        return {
            name: [make(**row) for row in session.execute(text(select), dict(values)).mappings()]
            for name, (select, make) in selects.items()
        }
