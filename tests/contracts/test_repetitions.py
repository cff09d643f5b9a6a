"""What people change by a button is changed once, however often they press it: each such operation takes a key."""

import pytest

from .reading import operations, tree

SERVICES = {"appointments", "tenders", "transactions", "licences"}
# Operations without a key → why a second request does no harm.
HARMLESS = {
    **dict.fromkeys(
        ("upload_document_file", "upload_attachment", "upload_my_attachment", "upload_violation_attachment"),
        "A file that nothing names is deleted after a day.",
    ),
    **dict.fromkeys(
        ("reveal_person", "reveal_applicant", "search_transactions", "replay_rules", "check_my_application"),
        "It shows and changes nothing; each look is recorded.",
    ),
    **dict.fromkeys(
        ("add_closure", "lift_closure"), "A closure that stands is made no second time, nor lifted twice."
    ),
    **dict.fromkeys(
        ("attach_my_files", "attach_to_my_draft", "change_draft", "drop_draft", "remove_draft_file"),
        "The thing has the file, or hasn't, or is as it was sent.",
    ),
    "propose_rules": "The name of a version is taken once.",
    "submit_application": "One application may be open for an establishment, its activity and its place.",
}  # fmt: skip
CHANGES = {
    item.name: item
    for item in operations(tree())
    if item.file[8:-5] in SERVICES and item.method in ("post", "put", "delete") and item.scopes
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_takes_a_key_or_does_no_harm_twice(name: str) -> None:
    has_key = "IdempotencyKey" in str(CHANGES[name].declared.get("parameters"))

    assert has_key != (name in HARMLESS)


@pytest.mark.parametrize("name", sorted(set(CHANGES) - set(HARMLESS)))
def test_a_key_that_is_in_use_or_used_up_is_among_the_answers(name: str) -> None:
    assert {"409", "422"} <= set(CHANGES[name].declared["responses"])


def test_each_reason_belongs_to_an_operation() -> None:
    assert set(HARMLESS) <= set(CHANGES)
