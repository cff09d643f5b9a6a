"""Documents of licences: printed, verified by anybody, off line and by their address; keys and their end."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import httpx
import pypdfium2
import pytest
from click.testing import CliRunner, Result

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound
from chassis.run.cli import group
from devstack.paper_codes import code_on
from documents.encoding import from_text, to_text
from documents.issuing import keeping
from documents.issuing.reading import published_keys, revocations
from documents.issuing.signing import Signing
from documents.keys import KeySet, SigningKey
from documents.revocations import RevocationList
from documents.statements import Statement
from documents.verifying import Reason, verify
from licences.api import papers
from licences.commands import signed_documents as commands
from licences.models import DocumentKey, Licence, SignedDocument
from licences.models.documents import REGISTER

OFFICER = SystemActor("p_officer", client_id="office")
TODAY = date(2026, 11, 25)
Make = Callable[..., Licence]


@pytest.fixture
def signing(settings: Any) -> Signing:
    return Signing(settings.keyrings()["document_key"], settings.documents_base)


@pytest.fixture
def printed(session: Any, signing: Signing, now: datetime) -> Callable[[Licence], SignedDocument]:
    return lambda row: commands.document_of(session, OFFICER, row.licence_id, signing, now=now)


def pdf_of(client: httpx.Client, token: Any, row: Licence, **claims: Any) -> httpx.Response:
    headers = token("licence-applications.read", **{"municipality": "saihat", **claims})
    return client.get(f"/v1/licences/{row.licence_no}/document", headers=headers)


def test_the_code_on_the_printed_licence_verifies_off_line_with_what_is_published(
    client: httpx.Client, token: Any, licence: Make
) -> None:
    answer = pdf_of(client, token, licence())
    keys = KeySet.parse(client.get("/v1/public/document-keys").content)
    listed = client.get("/v1/public/document-revocations").json()["list"]

    finding = verify(code_on(answer.content), keys, RevocationList.parse(listed, keys), on=TODAY)

    assert answer.headers["content-type"] == "application/pdf"
    assert finding.is_valid
    assert finding.statement
    assert finding.statement.number == "144804000001"
    assert finding.statement.initials is None


def test_an_offices_licence_bears_its_classification_and_the_declared_grade(
    client: httpx.Client, token: Any, licence: Make, session: Any
) -> None:
    row = licence(kind="engineering_office")
    row.body = {**row.body, "engineering": {"classification_no": "55001", "grade": "2"}}
    session.flush()

    pdf = pypdfium2.PdfDocument(pdf_of(client, token, row).content)
    words = pdf[0].get_textpage().get_text_range()
    pdf.close()

    assert "55001" in words
    assert {"Grade", "declared"} <= set(words.replace(",", " ").split())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("shop", "This licence ends when the place moves"),
        ("professional", "This licence ends when the place of work moves"),
    ],
)
def test_the_paper_speaks_of_a_shop_to_shops_alone(kind: str, words: str) -> None:
    (note,) = papers.notes_of(kind)

    assert note.en.startswith(words)
    assert ("المحل" in note.ar) is (kind == "shop")


def test_an_unchanged_licence_gets_the_same_document_and_the_same_bytes(
    client: httpx.Client, token: Any, licence: Make, session: Any
) -> None:
    row = licence()

    first, second = (pdf_of(client, token, row).content for _ in range(2))

    assert first == second
    assert session.query(SignedDocument).count() == 1


def test_a_changed_licence_gets_another_document_and_the_old_one_is_replaced(
    licence: Make, printed: Any, session: Any, now: datetime, signing: Signing
) -> None:
    row = licence()
    old = printed(row)
    row.expires_on, row.version = date(2029, 11, 24), 2

    new = printed(row)

    keys = published_keys(session, REGISTER, signing.public)
    listed = revocations(session, [REGISTER], keys, now=now, today=TODAY)
    assert verify(old.code, keys, listed, on=TODAY).reason == Reason.REPLACED
    assert verify(new.code, keys, listed, on=TODAY).is_valid


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("cancelled", Reason.CANCELLED),
        ("suspended", Reason.SUSPENDED),
        ("closed", Reason.SUSPENDED),
    ],
)
def test_a_document_of_a_licence_that_ended_is_refused_off_line_and_by_its_address(
    status: str, reason: Reason, licence: Make, printed: Any, session: Any, now: datetime,
    signing: Signing, client: httpx.Client,
) -> None:  # fmt: skip
    row = licence()
    document = printed(row)
    row.status, row.version = status, 2
    session.flush()

    keys = published_keys(session, REGISTER, signing.public)
    listed = revocations(session, [REGISTER], keys, now=now, today=TODAY)
    online = client.post("/v1/public/document-verifications", json={"code": document.code})

    assert verify(document.code, keys, listed, on=TODAY).reason == reason
    assert online.json()["reason"] == reason
    assert online.json()["state_today"] == status


@pytest.mark.parametrize("changes", [{"status": "suspended"}, {"expires_on": date(2026, 1, 1)}])
def test_only_a_valid_licence_is_printed(
    client: httpx.Client, token: Any, licence: Make, changes: dict[str, Any]
) -> None:
    answer = pdf_of(client, token, licence(**changes))

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("document-not-available")


def test_another_branchs_licence_isnt_printed(
    client: httpx.Client, token: Any, licence: Make
) -> None:
    theirs = pdf_of(client, token, licence(), municipality="tarout")
    missing = client.get(
        "/v1/licences/144804999999/document",
        headers=token("licence-applications.read", municipality="tarout"),
    )

    assert theirs.status_code == missing.status_code == 404
    assert theirs.json() == missing.json()


def test_a_persons_licence_bears_initials_and_no_code_has_an_id_number(
    licence: Make, printed: Any
) -> None:
    document = printed(licence(kind="professional"))

    assert document.initials == "أ. ح."
    assert "1000000008" not in document.code


def test_the_address_in_the_code_shows_the_state_and_no_owner(
    client: httpx.Client, licence: Make, printed: Any
) -> None:
    document = printed(licence())
    address = document.code.partition("#")[0].removeprefix("http://service.test")

    page = client.get(address)
    facts = client.get(f"/v1/public{address}").json()

    assert page.status_code == 200
    assert "سارية" in page.text
    assert "144804000001" in page.text
    for secret in ("أحمد", "1000000008"):
        assert secret not in page.text
        assert secret not in str(facts)
    assert (facts["valid"], facts["document"]["expires_on_hijri"]) == (True, "1449/06/25")


@pytest.mark.parametrize("document_id", ["b5YZ_4uGQBG0LQDPT8lk_w", "b5YZ_4uGQBG0LQDPT8lk_x"])
def test_an_address_without_a_document_says_not_to_rely_on_the_paper(
    client: httpx.Client, document_id: str
) -> None:
    page = client.get(f"/documents/{document_id}")

    assert page.status_code == 404
    assert "لا توجد وثيقة" in page.text
    assert client.get(f"/v1/public/documents/{document_id}").status_code == 404


def test_the_page_and_the_answer_of_a_code_name_the_shop_its_activity_and_its_town(
    client: httpx.Client, licence: Make, printed: Any
) -> None:
    row = licence()
    document = printed(row)

    address = f"/documents/{to_text(uuid.UUID(document.document_id).bytes)}"
    page, english = client.get(address), client.get(f"{address}?lang=en")
    answer = client.get(f"/v1/public{address}").json()

    assert page.status_code == 200
    (main,) = (one for one in row.activities if one["main"])
    assert [one["value"]["ar"] for one in answer["also_printed"]] == [
        row.trade_name["ar"],
        main["ar"],
        row.town,
    ]
    for shown in (row.trade_name["ar"], main["ar"], row.town):
        assert shown in page.text
    assert main["en"] in english.text
    assert '<html lang="en" dir="ltr">' in english.text


def test_a_code_shows_the_name_that_its_paper_has_after_the_licence_has_another(
    client: httpx.Client, licence: Make, printed: Any
) -> None:
    row = licence()
    document = printed(row)
    on_the_paper = row.trade_name["ar"]

    row.trade_name = {"ar": "اسم مصحح (بيانات تجريبية)", "en": "Corrected"}
    address = f"/documents/{to_text(uuid.UUID(document.document_id).bytes)}"

    shown = client.get(f"/v1/public{address}").json()["also_printed"][0]["value"]["ar"]
    assert shown == on_the_paper


def test_an_address_of_another_form_gets_the_page_too(client: httpx.Client) -> None:
    page = client.get("/documents/1")

    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")


def test_a_changed_code_is_tampered_and_one_that_was_never_made_here_too(
    client: httpx.Client, licence: Make, printed: Any, signing: Signing
) -> None:
    code = printed(licence()).code
    never = Statement(
        document_id=uuid.UUID(int=7), kind="shop_licence", number="1",
        state="valid", issued_on=TODAY, expires_on=TODAY,
    )  # fmt: skip

    def reason(text: str) -> Any:
        answer = client.post("/v1/public/document-verifications", json={"code": text})
        return answer.json()["reason"]

    assert reason(code[:-3] + "AAA") == "tampered"
    assert reason(signing.current.sign(never, signing.base)) == "tampered"
    assert reason(SigningKey(bytes(32)).sign(never, signing.base)) == "unknown-key"
    assert reason("https://elsewhere.example/") == "unreadable"


def test_a_stolen_key_voids_its_documents_which_are_then_signed_anew(
    licence: Make, printed: Any, session: Any, now: datetime, signing: Signing,
    client: httpx.Client,
) -> None:  # fmt: skip
    row = licence()
    old = printed(row)
    stolen = old.key_id
    keeping.revoke_key(session, REGISTER, stolen, by="operations", reason="سُرق", now=now)
    other = SigningKey(bytes(range(32)))
    signing.current = other

    new = printed(row)

    keys = published_keys(session, REGISTER, [other.public])
    assert verify(old.code, keys, on=TODAY).reason == Reason.REVOKED_KEY
    assert verify(new.code, keys, on=TODAY).is_valid
    assert new.document_id != old.document_id
    answer = client.post("/v1/public/document-verifications", json={"code": old.code})
    assert answer.json()["reason"] == "revoked-key"


def test_nothing_is_signed_with_a_key_that_was_revoked(
    licence: Make, printed: Any, session: Any, now: datetime
) -> None:
    first = printed(licence())
    keeping.revoke_key(session, REGISTER, first.key_id, by="operations", reason="سُرق", now=now)

    with pytest.raises(keeping.KeyIsRevoked):
        printed(licence())


def test_a_key_that_signed_nothing_isnt_revoked(session: Any, now: datetime) -> None:
    with pytest.raises(NotFound):
        keeping.revoke_key(session, REGISTER, "AAAAAAAA", by="operations", reason="سُرق", now=now)


def test_a_replaced_key_stays_published(
    licence: Make, printed: Any, session: Any, signing: Signing
) -> None:
    old = printed(licence())
    other = SigningKey(bytes(range(32)))

    keys = published_keys(session, REGISTER, [other.public])

    assert verify(old.code, keys, on=TODAY).is_valid
    assert [row.key_id for row in session.query(DocumentKey)] == [old.key_id]


def test_the_list_holds_no_number_and_no_person(
    client: httpx.Client, licence: Make, printed: Any, session: Any
) -> None:
    row = licence(kind="professional")
    printed(row)
    row.status, row.version = "cancelled", 2
    session.flush()

    listed = client.get("/v1/public/document-revocations").json()["list"]
    claims = json.loads(from_text(listed.split(".")[1]))

    assert list(claims["documents"].values()) == ["cancelled"]
    assert "144804" not in str(claims)


def test_the_list_is_read_and_signed_once_a_minute_however_many_ask(
    client: httpx.Client, licence: Make, printed: Any, session: Any, monkeypatch: Any
) -> None:
    row = licence()
    printed(row)
    lists = [client.get("/v1/public/document-revocations").json()["list"]]
    row.status, row.version = "cancelled", 2
    session.flush()

    lists.append(client.get("/v1/public/document-revocations").json()["list"])
    later = time.monotonic() + 61
    monkeypatch.setattr("documents.issuing.signing.monotonic", lambda: later)
    lists.append(client.get("/v1/public/document-revocations").json()["list"])

    found = [json.loads(from_text(one.split(".")[1]))["documents"] for one in lists]
    assert lists[0] == lists[1]
    assert [list(one.values()) for one in found] == [[], [], ["cancelled"]]


def test_the_operator_lists_keys_and_cant_revoke_the_current_one(
    service: Any, settings: Any, postgres_server: Any, tmp_path: Any
) -> None:
    environment = {
        "LICENCES_DATABASE_URL": postgres_server.fresh_database("licences_keys"),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        "LICENCES_FILES_FOLDER": str(tmp_path),
        **{
            f"LICENCES_{name.upper()}": getattr(settings, name)
            for name in (
                *("cursor_key", "sealing_key", "blind_index_key", "contact_key", "inquiry_key"),
                *("subject_key", "submission_key", "licence_data_key", "payer_key", "document_key"),
                "person_key",
            )
        },
    }

    def run(*words: str) -> Result:
        return CliRunner().invoke(group(service), words, obj=service, env=environment)

    run("migrate")

    listed = run("document-keys", "list").output.split()
    refused = run("document-keys", "revoke", listed[0], "--reason", "سُرق")
    missing = run("document-keys", "revoke", "AAAAAAAA", "--reason", "سُرق")

    assert listed[1::2] == ["good", "good"]
    assert (refused.exit_code, missing.exit_code) == (1, 1)
    assert "current key" in refused.output
