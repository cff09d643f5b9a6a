"""A change of the key by which mobiles are found, with rows of both keys."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.data.db import Database
from chassis.data.sealed import reseal, use_keys
from chassis.data.unit_of_work import UnitOfWork
from notify.chores import CHORE
from notify.commands import floods, languages
from notify.domain.floods import Caps
from notify.models import Base, ChosenLanguage, ConfirmedMobile

from .conftest import BEGAN, MOBILE

CAPS = Caps(to_mobile=30, in_all=1000)


@pytest.fixture
def newer_key(database: Database, settings: Any) -> Iterator[Any]:
    """`newer_key()` → from now on mobiles are hashed with another key, and found by both."""
    ring = f"2:{secrets.token_urlsafe(32)},1:{settings.blind_index_key}"
    yield lambda: use_keys(database, replace(settings, blind_index_key=ring))
    use_keys(database, settings)


def test_a_language_chosen_again_after_a_change_of_keys_is_the_only_one(
    session: Session, database: Database, newer_key: Any
) -> None:
    work = UnitOfWork(session, CHORE, BEGAN)
    languages.choose_language(work, MOBILE, "ur")
    newer_key()

    languages.choose_language(work, MOBILE, "en")
    reseal(database, Base.registry.mappers, lambda _: None)

    assert [one.language for one in session.query(ChosenLanguage)] == ["en"]
    assert languages.language_for(session, MOBILE) == "en"


def test_a_mobile_confirmed_again_after_a_change_of_keys_is_sealed_anew(
    session: Session, database: Database, newer_key: Any
) -> None:
    floods.confirm_mobile(session, MOBILE, CAPS, by="operator", now=BEGAN)
    newer_key()

    floods.confirm_mobile(session, MOBILE, CAPS, by="code", now=BEGAN)
    reseal(database, Base.registry.mappers, lambda _: None)

    assert [one.by for one in session.query(ConfirmedMobile)] == ["code"]
