"""Scans of older permits over HTTP: sent, attached, listed, read and removed."""

from typing import Any

import pytest

OWNER = "1000000008"


@pytest.fixture
def older(paper: Any, house: Any) -> dict[str, Any]:
    """A paper permit on a plot where no other file left one."""
    changed: dict[str, Any] = paper(
        issued_on="1446/09/01", land={**house()["land"], "plots": ["947"]}
    )
    return changed


@pytest.fixture
def header(token: Any) -> Any:
    """`header(sub="p_clerk")`: of somebody who may do all with files."""
    return lambda **claims: token(
        "permit-files.read", "permit-files.write", "permits.enter", **claims
    )


@pytest.fixture
def entered(api: Any, older: Any, client: Any, header: Any, scan_files: Any) -> dict[str, Any]:
    """An older permit that was entered with a scan."""
    scan = scan_files.sent(client, header()).json()["attachment_id"]
    source = {"reference": "أرشيف تجريبي، ملف 331", "files": [scan]}
    permit: dict[str, Any] = api.ask("enter_older_permit", {**older, "source": source})
    return {**permit, "scan": scan}


def test_a_scan_is_sent_entered_with_its_permit_listed_and_read(
    api: Any, client: Any, header: Any, entered: dict[str, Any], scan_files: Any
) -> None:
    at = {"permit_id": entered["permit_id"]}

    [listed] = api.ask("list_permit_files", **at)["items"]
    url = f"/v1/permits/{at['permit_id']}/files/{entered['scan']}"
    read = client.get(url, headers=header())

    assert (listed["attachment_id"], listed["name"]) == (entered["scan"], scan_files.NAME)
    assert listed["title"]["ar"] == "صورة المستند المصدر"
    assert listed["verified"] is False
    assert read.status_code == 200
    assert read.headers["content-type"] == "image/png"
    assert read.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    assert "attachment_id" not in read.headers["content-disposition"]
    assert "%D8%B2" not in read.headers["content-disposition"]  # of the name in the original's
    assert entered["warnings"] == []


def test_a_reading_is_told_to_the_owner(
    api: Any, client: Any, header: Any, entered: dict[str, Any], citizen: Any
) -> None:
    client.get(f"/v1/permits/{entered['permit_id']}/files/{entered['scan']}", headers=header())

    mine = citizen(OWNER, "my-permits.read")
    [told] = api.ask("list_my_person_searches", headers=mine)["items"]

    assert (told["kind"], told["kind_title"]["ar"]) == ("file", "الاطلاع على ملف مرفق")
    assert told["reason"] == f"ملف مرفق: الرخصة {entered['permit_number']}"


def test_an_imported_permit_gets_its_scan_afterwards(
    api: Any, client: Any, header: Any, older: Any, scan_files: Any
) -> None:
    at = {"permit_id": api.ask("enter_older_permit", older)["permit_id"]}
    before = api.ask("get_permit", **at)["warnings"]
    scan = scan_files.sent(client, header()).json()["attachment_id"]

    [attached] = api.ask("attach_permit_files", {"files": [scan]}, **at)["items"]
    after = api.ask("get_permit", **at)["warnings"]
    api.ask("verify_permit", {"version": 1, "files": [scan]}, **at)
    [verified] = api.ask("list_permit_files", **at)["items"]
    refused = api.send("remove_permit_file", {"reason": "خطأ"}, attachment_id=scan, **at)

    assert [one["code"] for one in before] == ["source-not-attached"]
    assert (after, attached["verified"], verified["verified"]) == ([], False, True)
    assert refused.json()["type"].endswith("/file-verified")


def test_a_scan_is_removed_with_a_reason(api: Any, entered: dict[str, Any]) -> None:
    at = {"permit_id": entered["permit_id"], "attachment_id": entered["scan"]}

    left = api.ask("remove_permit_file", {"reason": "صورة لرخصة أخرى"}, **at)

    assert left == {"items": []}
    [*_, told] = api.ask("get_permit_history", permit_id=entered["permit_id"])["items"]
    assert (told["action_title"]["ar"], told["note"]) == ("حذف ملف مرفق", "صورة لرخصة أخرى")


def test_a_permit_of_the_system_takes_no_scan(
    api: Any, client: Any, header: Any, permit: dict[str, Any], scan_files: Any
) -> None:
    scan = scan_files.sent(client, header()).json()["attachment_id"]

    refused = api.send("attach_permit_files", {"files": [scan]}, permit_id=permit["permit_id"])

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/permit-not-older")


def test_a_text_isnt_taken_for_a_scan(client: Any, header: Any) -> None:
    form = {"file": ("رخصة.pdf", b"permit", "application/pdf")}

    refused = client.post("/v1/permit-attachments", files=form, headers=header())

    assert [one["code"] for one in refused.json()["errors"]] == ["file-type"]


def test_somebody_of_no_municipality_sends_nothing(
    client: Any, header: Any, scan_files: Any
) -> None:
    assert scan_files.sent(client, header(municipality=None)).status_code == 404


def test_a_machine_that_reads_permits_reads_no_scan(
    client: Any, token: Any, entered: dict[str, Any]
) -> None:
    url = f"/v1/permits/{entered['permit_id']}/files"
    machine = token("permits.read", "permit-requests.write", client_kind="machine")

    assert client.get(url, headers=machine).status_code == 403


def test_uploads_of_a_person_have_a_limit(
    client: Any, header: Any, monkeypatch: pytest.MonkeyPatch, scan_files: Any
) -> None:
    from chassis.access.quotas import Policy
    from chassis.http import uploads

    one = Policy("uploads-of-caller", 1, uploads.HOUR)
    monkeypatch.setattr(uploads, "uploads_of_caller", lambda _settings: one)

    answers = [scan_files.sent(client, header(sub="p_many")).status_code for _ in range(2)]

    assert answers == [201, 429]


def test_a_paper_has_its_file_beside_it(
    api: Any, client: Any, header: Any, application: Any, scan_files: Any
) -> None:
    at = {"request_id": api.ask("submit_permit_request", application())["request_id"]}
    scan = scan_files.sent(client, header()).json()["attachment_id"]
    paper = {"code": "survey-report", "files": [scan]}

    too_early = api.faults("attach_permit_request_files", paper, **at)
    api.ask("hand_in_paper", {"code": "survey-report", "reference": "ملف 331"}, **at)
    [attached] = api.ask("attach_permit_request_files", paper, **at)["items"]
    read = client.get(f"/v1/permit-requests/{at['request_id']}/files/{scan}", headers=header())
    removed = api.ask(
        "remove_permit_request_file", {"reason": "صورة أخرى"}, attachment_id=scan, **at
    )

    assert too_early == {"code": "paper-not-handed-in"}
    assert (attached["code"], attached["title"]["ar"]) == ("survey-report", "تقرير مساحي")
    assert read.status_code == 200
    assert removed == api.ask("list_permit_request_files", **at) == {"items": []}
