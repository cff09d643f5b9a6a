"""Each reason for which a code isn't that of a valid document, off line, and the command."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from documents.__main__ import documents
from documents.encoding import to_text
from documents.keys import KeySet, SigningKey
from documents.revocations import NotTheList, RevocationList, State
from documents.statements import Statement
from documents.verifying import WORDS, Reason, verify

from .conftest import BASE, EXPIRES, ISSUED, MADE_AT

OTHER = SigningKey(bytes(32))


def listing(**facts: object) -> RevocationList:
    return RevocationList(MADE_AT, MADE_AT + timedelta(days=1), **facts)  # type: ignore[arg-type]


def test_a_good_code_says_what_was_signed(code: str, keys: KeySet, statement: Statement) -> None:
    finding = verify(code, keys, listing(), on=EXPIRES)

    assert (finding.reason, finding.statement, finding.as_of) == (None, statement, MADE_AT)
    assert finding.is_valid


def test_every_sign_of_a_code_counts(code: str, keys: KeySet) -> None:
    for place, sign in enumerate(code):
        changed = code[:place] + ("A" if sign != "A" else "B") + code[place + 1 :]
        finding = verify(changed, keys, on=ISSUED)

        assert finding.reason in {Reason.TAMPERED, Reason.UNKNOWN_KEY, Reason.UNREADABLE}, place
        assert finding.statement is None


def test_a_code_with_another_document_s_signature_is_tampered(
    code: str, key: SigningKey, keys: KeySet, statement: Statement
) -> None:
    later = Statement(**{**vars(statement), "expires_on": date(2036, 1, 1)})
    body = key.sign(later, BASE).rpartition(".")[0]
    forged = f"{body}.{code.rpartition('.')[2]}"

    assert verify(forged, keys, on=ISSUED).reason == Reason.TAMPERED


def test_a_code_that_leads_to_another_host_is_tampered(code: str, keys: KeySet) -> None:
    forged = code.replace("services.example", "servicos.example")

    assert verify(forged, keys, on=ISSUED).reason == Reason.TAMPERED


def test_a_key_that_nobody_published_is_unknown(statement: Statement, keys: KeySet) -> None:
    assert verify(OTHER.sign(statement, BASE), keys, on=ISSUED).reason == Reason.UNKNOWN_KEY


def test_a_forger_who_names_a_published_key_is_found_out(
    statement: Statement, key: SigningKey, keys: KeySet
) -> None:
    from documents.statements import message_of, write

    signature = OTHER.private.sign(message_of(statement, key.public.key_id, BASE))
    forged = write(statement, key.public.key_id, BASE, signature)

    assert verify(forged, keys, on=ISSUED).reason == Reason.TAMPERED


def test_a_key_revoked_in_the_set_or_in_the_list_vouches_for_nothing(
    code: str, key: SigningKey
) -> None:
    revoked = KeySet([key.public.revoked(MADE_AT)])
    listed = listing(keys=frozenset({key.public.key_id}))

    assert verify(code, revoked, on=ISSUED).reason == Reason.REVOKED_KEY
    assert verify(code, KeySet([key.public]), listed, on=ISSUED).reason == Reason.REVOKED_KEY


@pytest.mark.parametrize("state", State)
def test_a_listed_document_is_refused_by_its_state(
    state: State, code: str, keys: KeySet, statement: Statement
) -> None:
    finding = verify(code, keys, listing(documents={statement.document_id: state}), on=ISSUED)

    assert finding.reason == Reason(state.value)
    assert finding.statement == statement


def test_a_document_is_valid_on_its_last_day_and_not_on_the_next(code: str, keys: KeySet) -> None:
    assert verify(code, keys, on=EXPIRES).is_valid
    assert verify(code, keys, on=EXPIRES + timedelta(days=1)).reason == Reason.EXPIRED


def test_every_reason_has_its_words() -> None:
    assert set(WORDS) == {None, *Reason}


def test_published_keys_are_read_as_they_were_written(key: SigningKey) -> None:
    published = KeySet([key.public, OTHER.public.revoked(MADE_AT)])

    assert list(KeySet.parse(json.dumps(published.as_jwks()))) == list(published)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys": [{"crv": "Ed25519"}]}', '{"keys": 1}'])
def test_what_is_no_set_of_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        KeySet.parse(text)


def test_a_key_under_another_one_s_name_is_refused(key: SigningKey) -> None:
    jwk = key.public.as_jwk() | {"x": to_text(OTHER.public.raw)}

    with pytest.raises(ValueError, match="id isn't that of its bytes"):
        KeySet.parse(json.dumps({"keys": [jwk]}))


def test_a_list_is_read_as_it_was_signed(
    key: SigningKey, keys: KeySet, statement: Statement
) -> None:
    made = listing(documents={statement.document_id: State.CANCELLED}, keys=frozenset({"AAAAAAAA"}))

    assert RevocationList.parse(made.sign(key), keys) == made


def test_a_list_that_was_changed_or_signed_by_another_key_is_refused(
    key: SigningKey, keys: KeySet
) -> None:
    header, claims, signature = listing().sign(key).split(".")
    emptied = to_text(b'{"issued_at":"2026-11-26","next_at":"2026-11-27","documents":{},"keys":[]}')

    for text in (
        f"{header}.{emptied}.{signature}",
        f"{header}.{claims}.{'A' * 86}",
        listing().sign(OTHER),
        "",
        "a.b.c",
        json.dumps(listing()._claims()),
    ):
        with pytest.raises(NotTheList):
            RevocationList.parse(text, keys)


def test_a_revoked_key_signs_no_list(key: SigningKey) -> None:
    own = listing(keys=frozenset({key.public.key_id}))

    with pytest.raises(NotTheList):
        RevocationList.parse(listing().sign(key), KeySet([key.public.revoked(MADE_AT)]))
    with pytest.raises(NotTheList):
        RevocationList.parse(own.sign(key), KeySet([key.public]))


def test_a_list_without_a_signature_is_refused(keys: KeySet, key: SigningKey) -> None:
    """`alg: none`, the oldest trick."""
    _, claims, _ = listing().sign(key).split(".")
    header = to_text(json.dumps({"alg": "none", "kid": key.public.key_id}).encode())

    with pytest.raises(NotTheList):
        RevocationList.parse(f"{header}.{claims}.", keys)


class Desk:
    """The command, with its files."""

    def __init__(self, folder: Path, keys: KeySet, key: SigningKey) -> None:
        self.keys, self.list = folder / "keys.json", folder / "list.jws"
        self.keys.write_text(json.dumps(keys.as_jwks()), "utf-8")
        self.key = key

    def run(self, code: str, *options: str, listed: RevocationList | None = None) -> Result:
        if listed:
            self.list.write_text(listed.sign(self.key), "utf-8")
            options = (*options, "--revocations", str(self.list))
        arguments = ["verify", "--keys", str(self.keys), "--on", "1448/06/16", *options]
        return CliRunner().invoke(documents, [*arguments, "-"], input=code)


@pytest.fixture
def desk(tmp_path: Path, keys: KeySet, key: SigningKey) -> Desk:
    return Desk(tmp_path, keys, key)


def test_the_command_says_that_a_document_is_valid(desk: Desk, code: str) -> None:
    result = desk.run(f"{code}\n")

    assert result.exit_code == 0, result.output
    assert "وثيقة سارية" in result.output
    assert "2027-11-26 (1449/06/27 AH)" in result.output
    assert "without a list" in result.output


def test_the_command_names_why_a_document_is_refused(
    desk: Desk, code: str, statement: Statement
) -> None:
    listed = listing(documents={statement.document_id: State.CANCELLED})
    result = desk.run(code, "--json", listed=listed)

    assert result.exit_code == 1
    assert json.loads(result.output)["reason"] == "cancelled"
    assert json.loads(result.output)["document"]["number"] == statement.number


def test_the_command_says_that_a_list_is_old(desk: Desk, code: str) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    old = RevocationList(long_ago, long_ago + timedelta(days=1))

    assert "is old" in desk.run(code, listed=old).output


def test_the_command_takes_no_list_that_somebody_else_signed(desk: Desk, code: str) -> None:
    desk.list.write_text(listing().sign(OTHER), "utf-8")

    result = desk.run(code, "--revocations", str(desk.list))

    assert result.exit_code == 2
    assert "can't be trusted" in result.output
