"""How many files a thing has, which of them stay, and how the history tells of them."""

import pytest

from chassis.core.refusals import InvalidFields, NotFound
from permits.domain import files
from permits.domain.files import FileVerified, NotOlder, Seen


def test_files_that_are_there_already_are_left_out() -> None:
    assert files.new_ones(["b", "a", "b"], {"a": None}, None, 20) == ["b"]


def test_a_file_of_one_paper_isnt_one_of_another() -> None:
    with pytest.raises(NotFound):
        files.new_ones(["a"], {"a": "drawings"}, "survey-report", 20)


def test_the_limit_is_of_each_paper() -> None:
    known = {"a": "drawings", "b": "survey-report"}

    assert files.new_ones(["c"], known, "survey-report", 2) == ["c"]
    with pytest.raises(InvalidFields):
        files.new_ones(["c", "d"], known, "survey-report", 2)


def test_only_an_older_permit_has_a_source() -> None:
    files.require_older("paper")
    files.require_older("balady")
    with pytest.raises(NotOlder):
        files.require_older("system")


def test_what_a_permit_was_verified_by_stays() -> None:
    files.require_unverified(verified=False)
    with pytest.raises(FileVerified):
        files.require_unverified(verified=True)


def test_the_history_tells_of_a_file_without_its_name() -> None:
    assert Seen("0195ff10-4d00-7b22-9d3f-0000000000b1", "application/pdf").words == "PDF 00b1"
