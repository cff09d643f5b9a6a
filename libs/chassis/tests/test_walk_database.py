"""The database under walks reads anew what may have changed, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.core.refusals import Conflict
from chassis.data.deadlines import pending, set_deadline
from chassis.testing_walks import WalkDatabase

AT = datetime(2026, 11, 25, tzinfo=UTC)
NAMED = ("thing", "t-1", "end")


@pytest.fixture
def kept(session: Any, database: Any) -> WalkDatabase:
    made = WalkDatabase(session, database)
    made.begin_walk()
    return made


class Looks:
    """Looks for the thing's deadline, and counts how often the database was asked."""

    def __init__(self, kept: WalkDatabase) -> None:
        self._kept, self.count = kept, 0

    def __call__(self) -> bool:
        return self._kept.read("deadline", self._find)

    def _find(self) -> bool:
        self.count += 1
        return bool(pending(self._kept.session, "thing", "t-1"))


def test_a_refused_command_that_changed_nothing_leaves_what_was_read(kept: WalkDatabase) -> None:
    look = Looks(kept)
    look()

    with pytest.raises(Conflict):
        kept.attempt(_refuse)

    assert (look(), look.count) == (False, 1)


def test_a_change_that_was_rolled_back_is_read_anew(kept: WalkDatabase) -> None:
    look = Looks(kept)
    look()

    def change_and_refuse() -> None:
        set_deadline(kept.session, *NAMED, AT)
        assert look()
        _refuse()

    with pytest.raises(Conflict):
        kept.attempt(change_and_refuse)

    assert (look(), look.count) == (False, 3)


def test_what_another_session_changed_is_read_anew(kept: WalkDatabase) -> None:
    look = Looks(kept)
    look()

    with kept.transaction() as session:
        set_deadline(session, *NAMED, AT)

    assert (look(), look.count) == (True, 2)


def test_a_walk_leaves_nothing(kept: WalkDatabase) -> None:
    set_deadline(kept.session, *NAMED, AT)

    kept.end_walk()

    assert not Looks(kept)()


def _refuse() -> None:
    raise Conflict
