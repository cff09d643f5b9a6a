"""Personal data of owners and representatives stand in no table and no event in the clear."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.data.db import Database
from chassis.data.sealed import keys_of, reseal, use_keys
from chassis.data.sealing import CannotUnseal, Keyring, Sealer
from permits.models import Base, PermitOwner, PermitRequest
from permits.settings import Settings

REPRESENTATIVE = {
    "name": "وكيل تجربة (بيانات تجريبية)",
    "capacity": "legal_agent",
    "authority_number": "4455667788",
    "authorised_on": None,
    "mobile": None,
    "id_number": "1000000040",
}
PERSONAL = ("حسن بن علي", "1000000008", "501234567", "وكيل تجربة", "4455667788", "1000000040")


def rows_of_all_tables(session: Session) -> str:
    tables = session.scalars(
        text("SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'")
    ).all()
    return "\n".join(
        row for table in tables for row in session.scalars(text(f"SELECT t::text FROM {table} t"))
    )


def test_no_table_holds_an_owner_in_the_clear(session: Session, desk: Any) -> None:
    permit = desk.issued(representative=REPRESENTATIVE)
    session.flush()

    dump = rows_of_all_tables(session)
    forms = [form for value in PERSONAL for form in (value, value.encode().hex())]

    assert permit.permit_id in dump
    assert permit.permit_number.encode().hex() in dump  # bytes are shown so: the outbox is read too
    assert [form for form in forms if form in dump] == []


def test_sealed_owners_are_read_back_as_they_were_written(session: Session, desk: Any) -> None:
    permit = desk.issued(representative=REPRESENTATIVE)
    session.flush()
    session.expire_all()

    assert permit.owners[0].id_number == "1000000008"
    assert permit.owners[0].mobile == "+966501234567"
    assert session.get_one(PermitRequest, permit.request_id).representative == REPRESENTATIVE


def test_an_owner_is_found_by_the_keyed_hash_of_his_number(session: Session, desk: Any) -> None:
    permit = desk.issued()
    session.flush()

    found = select(PermitOwner.permit_id).where(PermitOwner.id_key == "1000000008")
    others = select(PermitOwner.permit_id).where(PermitOwner.id_key == "1000000016")

    assert permit.permit_id in session.scalars(found).all()
    assert permit.permit_id not in session.scalars(others).all()


def test_an_event_opens_with_the_shared_key_and_for_its_permit_only(
    desk: Any, settings: Settings
) -> None:
    permit = desk.issued()
    (event,) = desk.published(permit.permit_id)
    sealer = Sealer(Keyring.parse(settings.personal_data_key))

    opened = sealer.unseal_text(event.data["owners"], f"permits.permit.owners/{permit.permit_id}")

    assert [owner["id_number"] for owner in json.loads(opened)] == ["1000000008"]
    assert "mobile" not in opened
    with pytest.raises(CannotUnseal):
        sealer.unseal_text(event.data["owners"], "permits.permit.owners/another")


def test_a_value_moved_to_another_column_is_refused(session: Session, desk: Any) -> None:
    permit = desk.issued()
    session.flush()
    session.execute(text("UPDATE permit_owner SET name = id_number WHERE id_number IS NOT NULL"))
    session.expire_all()

    with pytest.raises(CannotUnseal):
        _ = permit.owners[0].name


@pytest.fixture
def own_keys(database: Database, settings: Settings) -> Iterator[None]:
    """The keys belong to the database of the whole run: what a test changes goes back."""
    yield
    use_keys(database, settings)


@pytest.mark.usefixtures("own_keys")
def test_after_a_change_of_keys_rows_are_sealed_anew_and_the_old_keys_are_not_needed(
    session: Session, database: Database, desk: Any, settings: Settings
) -> None:
    permit = desk.issued(representative=REPRESENTATIVE)
    session.commit()
    names = ("sealing_key", "blind_index_key", "personal_data_key")
    new = {name: "2:" + encoded(name) for name in names}
    both = {name: f"{key},1:{getattr(settings, name)}" for name, key in new.items()}
    mappers = Base.registry.mappers

    use_keys(database, replace(settings, **both))
    assert reseal(database, mappers, lambda _line: None) >= 3
    assert reseal(database, mappers, lambda _line: None) == 0

    use_keys(database, replace(settings, **new))
    session.expire_all()
    assert permit.owners[0].id_number == "1000000008"
    assert permit.owners[0].id_key == keys_of(session).index.key("1000000008")
    assert permit.agent_key == keys_of(session).index.key("1000000040")
    assert session.get_one(PermitRequest, permit.request_id).representative == REPRESENTATIVE


def encoded(name: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()


def test_the_three_keys_differ(settings_overrides: dict[str, str]) -> None:
    basic = {
        "database_url": "x",
        "kafka_bootstrap_servers": "x:1",
        "issuer": "https://issuer.test",
        **settings_overrides,
    }

    with pytest.raises(ValueError, match="have to differ"):
        Settings(**{**basic, "sealing_key": basic["blind_index_key"]})
    with pytest.raises(ValueError, match="32 bytes"):
        Settings(**{**basic, "personal_data_key": "c2hvcnQ"})
