"""Whom an event speaks to: sealed for one aggregate, opened by who sends the message, shown to nobody else."""

import base64
import json
from dataclasses import dataclass

import pytest

from chassis.core.settings import SettingsError
from chassis.data.sealed import ColumnSettings, use_keys
from chassis.data.sealing import CannotUnseal, Keyring, Sealer
from chassis.events.contacts import Contact, Contacts, ContactSettings, contacts_of


def key(letter, number=1):
    return f"{number}:{base64.urlsafe_b64encode(letter.encode() * 32).decode()}"


OWN = Keyring.parse(key("c"))
REPORTER = Contact(
    role="reporter", mobile="+966500000001", language="en", confirmed=True, token="t" * 22
)
OWNER = Contact(role="owner", mobile="+966500000002")


def test_a_block_opens_to_what_was_sealed_with_and_without_a_token():
    block = Contacts(OWN).seal("r1", [REPORTER, OWNER])

    assert Contacts(OWN).open("r1", block) == [REPORTER, OWNER]
    assert [(one["role"], one["language"]) for one in block] == [
        ("reporter", "en"),
        ("owner", "ar"),
    ]
    assert Contacts(OWN).seal("r1", []) == []


def test_a_block_shows_neither_mobile_nor_token_and_a_contact_does_not_print_them():
    shown = json.dumps(Contacts(OWN).seal("r1", [REPORTER])) + repr(REPORTER)

    assert "50000" not in shown
    assert "tttt" not in shown


def test_a_block_of_another_aggregate_or_key_does_not_open():
    block = Contacts(OWN).seal("r1", [OWNER])

    with pytest.raises(CannotUnseal):
        Contacts(OWN).open("r2", block)
    with pytest.raises(CannotUnseal):
        Contacts(Keyring.parse(key("d"))).open("r1", block)


def test_a_block_of_an_old_key_opens_while_the_old_key_is_there():
    block = Contacts(OWN).seal("r1", [OWNER])
    both = Contacts(Keyring.parse(f"{key('n', 2)},{key('c', 1)}"))

    assert both.open("r1", block) == [OWNER]


@pytest.mark.parametrize("text", ["no json", "[]", '{"mobile": "+966500000001"}'])
def test_a_sealed_text_that_is_no_contact_is_refused_without_showing_it(text):
    sealed = Sealer(OWN).seal_text(text, "contacts/r1")
    block = [{"role": "owner", "language": "ar", "sealed": sealed}]

    with pytest.raises(CannotUnseal) as refused:
        Contacts(OWN).open("r1", block)

    assert "966" not in str(refused.value)


@dataclass(frozen=True, kw_only=True)
class Both(ColumnSettings, ContactSettings):
    """A service with sealed columns that tells people something."""


def given(**changes):
    names = {"SEALING_KEY": key("s"), "BLIND_INDEX_KEY": key("b"), "CONTACT_KEY": key("c")}
    basic = {
        "DATABASE_URL": "postgresql://x",
        "KAFKA_BOOTSTRAP_SERVERS": "k:1",
        "ISSUER": "https://i",
    }
    return {**basic, **names, **changes}


def test_no_key_of_a_service_has_two_uses_and_the_message_shows_none():
    with pytest.raises(
        SettingsError, match="CONTACT_KEY, SEALING_KEY and BLIND_INDEX_KEY have"
    ) as refused:
        Both.load("sample", given(CONTACT_KEY=f"{key('n', 2)},{key('s', 1)}"))

    assert key("s")[2:10] not in str(refused.value)


def test_a_session_finds_the_keys_of_its_database(database, session):
    use_keys(database, Both.load("sample", given()))

    block = contacts_of(session).seal("r1", [OWNER])

    assert Contacts(OWN).open("r1", block) == [OWNER]


def test_a_service_without_contacts_is_told_so(database, session):
    use_keys(database, ColumnSettings.load("sample", given()))

    with pytest.raises(LookupError, match="contact_key"):
        contacts_of(session)
