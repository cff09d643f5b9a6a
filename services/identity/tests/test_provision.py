"""The first installation: a document becomes the register, as often as one likes."""

import json
from copy import deepcopy
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from joserfc.jwk import ECKey
from sqlalchemy import text

from chassis.data import migrations
from chassis.run.cli import group
from identity.cli import CannotProvision, apply

NAMES = {"ar": "جهة (بيانات تجريبية)", "en": "Organisation (trial data)"}
DOCUMENT = {
    "organisations": [{"code": "gas", "kind": "partner", "name": {**NAMES}}],
    "people": [
        {
            "username": "Noor",
            "display_name": "نور (بيانات تجريبية)",
            "organisation": "gas",
            "role": "officer",
            "scopes": ["building-permits.read"],
        }
    ],
    "clients": [
        {
            "client_id": "gas-desk",
            "kind": "staff",
            "organisation": "gas",
            "name": NAMES,
            "jwks": {"keys": [ECKey.generate_key("P-256", {"kid": "g1"}).as_dict(private=False)]},
            "redirect_uris": ["https://gas.example/callback"],
            "scopes": ["building-permits.read"],
        }
    ],
    "grants": [
        {
            "organisation": "gas",
            "audience": "partner-gateway",
            "purposes": ["connection"],
            "query_kinds": ["permit-number"],
            "fields": ["permit_number"],
            "rows_per_day": 10,
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": "2096-01-01T00:00:00Z",
        }
    ],
}


@pytest.fixture
def applied(session, register, settings):
    return lambda document: apply(session, settings, document, datetime.now(UTC))


def versions(session):
    return session.execute(
        text(
            "SELECT (SELECT version FROM organisation WHERE code = 'gas'),"
            " (SELECT version FROM person WHERE username = 'noor'),"
            " (SELECT version FROM client WHERE client_id = 'gas-desk'),"
            " (SELECT version FROM access_grant WHERE organisation = 'gas')"
        )
    ).one()


def test_a_document_is_applied_and_its_grants_are_published(applied, session, outbox_rows):
    made_up = applied(DOCUMENT)

    assert len(made_up["noor"]) >= 12
    assert versions(session) == (1, 1, 1, 1)
    assert [row.type for row in outbox_rows()] == ["sa.gov.qatif.identity.grant.granted.v1"]


def test_applying_it_again_changes_nothing(applied, session, outbox_rows):
    applied(DOCUMENT)

    assert applied(DOCUMENT) == {}
    assert versions(session) == (1, 1, 1, 1)
    assert len(outbox_rows()) == 1


def test_a_changed_document_changes_the_register(applied, session, outbox_rows):
    applied(DOCUMENT)
    changed = deepcopy(DOCUMENT)
    changed["organisations"][0]["name"]["en"] = "Gas"
    changed["people"][0]["scopes"] = []
    changed["clients"][0]["jwks"]["keys"][0]["kid"] = "g2"
    changed["grants"][0]["rows_per_day"] = 20

    applied(changed)

    assert versions(session) == (2, 2, 2, 2)
    assert "sa.gov.qatif.identity.grant.amended.v1" in [row.type for row in outbox_rows()]


def test_a_password_in_the_document_becomes_the_persons(applied, session):
    document = {
        **DOCUMENT,
        "people": [{**DOCUMENT["people"][0], "password": "a first long phrase"}],
    }
    applied(document)
    assert versions(session)[1] == 1
    applied(document)
    assert versions(session)[1] == 1

    document["people"][0]["password"] = "a second long phrase"

    assert applied(document) == {}
    assert versions(session)[1] == 2


@pytest.fixture
def empty_database(service, postgres_server):
    """A database of its own for a command that commits: other tests don't find what it leaves."""
    return postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url, seed=service.seed)
    )


def test_the_command_prints_the_generated_passwords(tmp_path, service, empty_database):
    document = {"organisations": DOCUMENT["organisations"], "people": DOCUMENT["people"]}
    file = tmp_path / "register.json"
    file.write_text(json.dumps(document))
    environment = {
        "IDENTITY_DATABASE_URL": empty_database,
        "IDENTITY_KEY_ENCRYPTION_KEY": "A" * 43,
        "IDENTITY_CURSOR_KEY": "C" * 43,
        "IDENTITY_SEALING_KEY": "S" * 43,
        "IDENTITY_BLIND_INDEX_KEY": "B" * 43,
        "IDENTITY_PERSON_KEY": "P" * 42 + "Q",
        "IDENTITY_CONTACT_KEY": "E" * 43,
        "IDENTITY_NATIONAL_LOGIN_KEY": "N" * 42 + "M",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
    }

    first = CliRunner().invoke(group(service), ["provision", str(file)], env=environment)
    second = CliRunner().invoke(group(service), ["provision", str(file)], env=environment)

    assert first.exit_code == 0, first.output
    assert set(json.loads(first.output)) == {"noor"}
    assert json.loads(second.output) == {}


def wrong(section, **changes):
    """The document with one entry changed; None takes a field away."""
    document = deepcopy(DOCUMENT)
    entry = {**document[section][0], **changes}
    document[section] = [{name: value for name, value in entry.items() if value is not None}]
    return document


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ([], "the document is no object"),
        ({**DOCUMENT, "persons": []}, "persons: no such section; there are organisations, people"),
        ({**DOCUMENT, "people": {}}, "people: no list"),
        (wrong("people", scopes=None), "people[0] Noor: scopes: required"),
        (wrong("people", scopes=["no.such"]), "people[0] Noor: scopes: scope-unknown"),
        (wrong("people", rank="chief"), "people[0] Noor: rank: "),
        (wrong("grants", fields=["permit_no"]), "grants[0] gas partner-gateway: fields: permit_no"),
        (wrong("grants", audience="nobody"), "grants[0] gas nobody: audience: audience-unknown"),
        (wrong("grants", valid_until="2020-01-01T00:00:00Z"), "valid_until: "),
        (wrong("clients", jwks={"keys": []}), "clients[0] gas-desk: jwks.keys: "),
    ],
)
def test_a_fault_of_the_document_is_a_line_that_names_the_entry(applied, document, line):
    with pytest.raises(CannotProvision) as refused:
        applied(document)

    assert line in str(refused.value)
    assert refused.value.exit_code == 1


def test_broken_json_is_named_by_its_place(tmp_path, service, settings, register):
    file = tmp_path / "register.json"
    file.write_text('{"people": [}')
    environment = {
        "IDENTITY_DATABASE_URL": settings.database_url,
        "IDENTITY_KEY_ENCRYPTION_KEY": "A" * 43,
        "IDENTITY_CURSOR_KEY": "C" * 43,
        "IDENTITY_SEALING_KEY": "S" * 43,
        "IDENTITY_BLIND_INDEX_KEY": "B" * 43,
        "IDENTITY_PERSON_KEY": "P" * 42 + "Q",
        "IDENTITY_CONTACT_KEY": "E" * 43,
        "IDENTITY_NATIONAL_LOGIN_KEY": "N" * 42 + "M",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
    }

    said = CliRunner().invoke(group(service), ["provision", str(file)], env=environment)

    assert said.exit_code == 1
    assert "register.json: Expecting value: line 1 column 13" in said.output
