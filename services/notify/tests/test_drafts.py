"""A wording of the municipality's own texts: proposed by one person, approved by another."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from notify import catalogue
from notify.migrations import wordings

WORDS = {
    "body_ar": "وصلنا بلاغكم رقم ((number)). ((municipality))",
    "body_en": "Your report ((number)) has reached us. ((municipality))",
}
Person = Callable[..., httpx.Response]


@pytest.fixture
def editor(client: httpx.Client, token: Callable[..., dict[str, str]]) -> Person:
    return _person(client, token("templates.manage", sub="p_editor", name="نورة"))


@pytest.fixture
def approver(client: httpx.Client, token: Callable[..., dict[str, str]]) -> Person:
    held = token("templates.manage", "templates.approve", sub="p_approver", name="سعاد")
    return _person(client, held)


def _person(client: httpx.Client, headers: dict[str, str]) -> Person:
    def ask(path: str, body: dict[str, Any] | None = None, method: str = "POST") -> httpx.Response:
        return client.request(method, path, json=body, headers=headers)

    return ask


@pytest.fixture
def path(editor: Person) -> str:
    """The template of the text that says that a report arrived."""
    items = editor("/v1/templates", method="GET").json()["items"]
    found = next(one for one in items if one["name"] == "report-received")
    return f"/v1/templates/{found['template_id']}"


@pytest.fixture
def draft_id(editor: Person, path: str) -> str:
    """The id of a draft that waits."""
    proposed = editor(f"{path}/draft", WORDS)
    assert proposed.status_code == 201
    return str(proposed.json()["draft"]["draft_id"])


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


def test_a_draft_waits_and_messages_keep_the_current_wording(
    editor: Person, approver: Person, path: str, draft_id: str
) -> None:
    shown = approver(path, method="GET").json()

    assert (shown["version"], shown["is_shipped"]) == (1, True)
    assert shown["body_ar"] != WORDS["body_ar"]
    assert shown["draft"]["body_ar"] == WORDS["body_ar"]
    assert (shown["draft"]["proposed_by"], shown["draft"]["is_own"]) == ("p_editor", False)
    assert shown["draft"]["proposed_by_name"] == "نورة"
    assert editor(path, method="GET").json()["draft"]["is_own"] is True


def test_the_second_person_is_shown_all_that_the_draft_changes(
    editor: Person, approver: Person, path: str
) -> None:
    facts = {"kind": "notice", "when_unsure": "lost", "expires_seconds": 120}
    further = {"ur": "((number)) ((municipality))"}
    editor(f"{path}/draft", {**WORDS, **facts, "further": further})

    draft = approver(path, method="GET").json()["draft"]
    approved = approver(f"{path}/draft/approval", {"draft_id": draft["draft_id"]}).json()

    for shown in (draft, approved):
        assert {name: shown[name] for name in facts} == facts
        assert shown["further"] == further


def test_a_second_person_approves(approver: Person, path: str, draft_id: str) -> None:
    approved = approver(f"{path}/draft/approval", {"draft_id": draft_id})

    newest = approver(f"{path}/versions", method="GET").json()["items"][0]
    assert approved.status_code == 200
    assert (approved.json()["version"], approved.json()["draft"]) == (2, None)
    assert approved.json()["body_ar"] == WORDS["body_ar"]
    assert (newest["created_by"], newest["approved_by"]) == ("p_editor", "p_approver")
    assert (newest["created_by_name"], newest["approved_by_name"]) == ("نورة", "سعاد")


def test_nobody_approves_the_own_draft(approver: Person, path: str) -> None:
    own = approver(f"{path}/draft", WORDS).json()["draft"]["draft_id"]

    assert refusal(approver(f"{path}/draft/approval", {"draft_id": own})) == (409, "own-draft")


def test_an_editor_does_not_approve(editor: Person, path: str, draft_id: str) -> None:
    assert editor(f"{path}/draft/approval", {"draft_id": draft_id}).status_code == 403


def test_a_wording_takes_effect_by_no_other_way(editor: Person, path: str) -> None:
    assert refusal(editor(f"{path}/versions", WORDS)) == (409, "template-needs-approval")


def test_only_the_draft_that_was_seen_is_approved(
    editor: Person, approver: Person, path: str, draft_id: str
) -> None:
    editor(f"{path}/draft", {**WORDS, "body_ar": "بلاغكم ((number)) لدينا. ((municipality))"})

    for change in ("approval", "withdrawal"):
        answer = approver(f"{path}/draft/{change}", {"draft_id": draft_id})
        assert refusal(answer) == (409, "draft-changed")


def test_a_draft_of_an_archived_template_is_not_approved(
    approver: Person, path: str, draft_id: str, session: Session
) -> None:
    archive = "UPDATE template SET archived = true WHERE template_id = :template_id"
    session.execute(text(archive), {"template_id": path.rpartition("/")[2]})

    answer = approver(f"{path}/draft/approval", {"draft_id": draft_id})

    assert refusal(answer) == (409, "template-is-archived")


def test_a_draft_is_approved_once(approver: Person, path: str, draft_id: str) -> None:
    answers = [approver(f"{path}/draft/approval", {"draft_id": draft_id}) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 409]
    assert approver(path, method="GET").json()["version"] == 2


def test_a_draft_that_is_dropped_changes_nothing(editor: Person, path: str, draft_id: str) -> None:
    dropped = editor(f"{path}/draft/withdrawal", {"draft_id": draft_id})

    assert (dropped.json()["version"], dropped.json()["draft"]) == (1, None)
    assert len(editor(f"{path}/versions", method="GET").json()["items"]) == 1


def test_a_draft_from_before_a_shipped_change_is_proposed_again(
    approver: Person,
    path: str,
    draft_id: str,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _ship(monkeypatch, "بلاغكم رقم ((number)) لدينا. ((municipality))")
    wordings.seed(session.connection())
    session.expire_all()

    answer = approver(f"{path}/draft/approval", {"draft_id": draft_id})

    assert refusal(answer) == (409, "draft-is-old")


def test_the_shipped_text_comes_back_by_two_people_too(
    editor: Person, approver: Person, path: str, draft_id: str, session: Session
) -> None:
    original = editor(path, method="GET").json()["body_ar"]
    approver(f"{path}/draft/approval", {"draft_id": draft_id})

    proposed = editor(f"{path}/draft/shipped").json()["draft"]
    back = approver(f"{path}/draft/approval", {"draft_id": proposed["draft_id"]}).json()

    assert proposed["is_shipped"] is True
    assert (back["version"], back["body_ar"], back["is_shipped"]) == (3, original, True)
    assert refusal(editor(f"{path}/draft/shipped")) == (409, "no-shipped-text")
    count = "SELECT count(*) FROM template_version"
    before = session.scalar(text(count))
    wordings.seed(session.connection())
    assert session.scalar(text(count)) == before


def _ship(monkeypatch: pytest.MonkeyPatch, arabic: str, **facts: Any) -> None:
    """Lets the system ship another text that says that a report arrived."""
    shipped = catalogue.read_wordings()
    shipped["report-received"]["text"]["ar"] = arabic
    shipped["report-received"] |= facts
    monkeypatch.setattr(catalogue, "read_wordings", lambda: shipped)


def test_the_text_that_comes_back_is_the_one_that_is_shipped_now(
    editor: Person,
    approver: Person,
    path: str,
    draft_id: str,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    approver(f"{path}/draft/approval", {"draft_id": draft_id})
    newer = "بلاغكم رقم ((number)) لدينا. ((municipality))"
    _ship(monkeypatch, newer, expires_seconds=240)
    wordings.seed(session.connection())
    session.expire_all()

    draft = editor(f"{path}/draft/shipped").json()["draft"]

    assert (draft["body_ar"], draft["expires_seconds"]) == (newer, 240)


def test_a_shipped_text_that_breaks_the_rules_is_not_proposed(
    editor: Person, approver: Person, path: str, draft_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    approver(f"{path}/draft/approval", {"draft_id": draft_id})
    _ship(monkeypatch, "بلاغكم ((surname))")

    assert editor(f"{path}/draft/shipped").status_code == 400
