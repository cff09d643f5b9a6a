"""The language of a person's texts: chosen by a citizen who signed in, for the mobile of the national login."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chassis.events.contacts import Contact
from notify import chores
from notify.models import ChosenLanguage

from .conftest import MOBILE
from .telling import tell_event

PATH = "/v1/my/message-language"
OTHER = "+966500000016"
Header = Callable[..., dict[str, str]]


@pytest.fixture
def citizen(citizen_token: Header) -> Header:
    """`citizen(mobile)` → the header of a citizen whose mobile the national login gave."""

    def header(mobile: str | None = MOBILE, subject: str = "c_1") -> dict[str, str]:
        return citizen_token("1000000008", "my-messages.write", mobile=mobile, sub=subject)

    return header


def language_of_text(context: Any, mobile: str = MOBILE, language: str = "ar") -> str:
    """Returns the language of a text about a new permit."""
    owner = Contact(role="owner", mobile=mobile, language=language, confirmed=True)
    (text,) = tell_event(context, "permits.permit", "suspended", owner)
    return text.language


def test_the_language_is_arabic_until_the_citizen_chooses_another(
    client: Any, citizen: Header
) -> None:
    before = client.get(PATH, headers=citizen())
    chosen = client.put(PATH, json={"language": "ur"}, headers=citizen())
    again = client.put(PATH, json={"language": "ur"}, headers=citizen())

    assert (before.json()["language"], before.json()["mobile"]) == ("ar", "+966******008")
    assert chosen.json() == again.json() == client.get(PATH, headers=citizen()).json()
    assert chosen.json()["language"] == "ur"


def test_texts_of_every_service_come_in_the_chosen_language(
    client: Any, citizen: Header, context: Any
) -> None:
    client.put(PATH, json={"language": "en"}, headers=citizen())

    assert (language_of_text(context), language_of_text(context, OTHER)) == ("en", "ar")


def test_a_language_that_somebody_chose_for_the_thing_stays(
    client: Any, citizen: Header, context: Any
) -> None:
    client.put(PATH, json={"language": "ur"}, headers=citizen())

    told = tell_event(
        context,
        "health-certs.certificate",
        "issued",
        Contact(role="worker", mobile=MOBILE, language="en", confirmed=True),
    )

    assert {one.language for one in told} == {"en"}


def test_a_text_without_a_wording_in_hindi_or_bengali_comes_in_english(
    client: Any, citizen: Header, context: Any
) -> None:
    client.put(PATH, json={"language": "bn"}, headers=citizen())

    assert language_of_text(context) == "en"


def test_a_citizen_reads_how_many_texts_a_language_lacks(client: Any, citizen: Header) -> None:
    arabic, _, urdu, *_ = client.get(PATH, headers=citizen()).json()["languages"]

    assert (arabic["missing"], arabic["stand_in"]) == (0, "ar")
    assert urdu == {
        "language": "ur",
        "texts": arabic["texts"],
        "missing": arabic["texts"],
        "stand_in": "ar",
    }


def test_a_citizen_without_a_mobile_of_the_login_is_told_so(client: Any, citizen: Header) -> None:
    answer = client.put(PATH, json={"language": "en"}, headers=citizen(mobile=None))

    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "no-mobile")
    assert client.get(PATH, headers=citizen(mobile=None)).json()["mobile"] is None


def test_only_a_citizen_chooses_and_the_claim_of_another_person_opens_nothing(
    client: Any, token: Any, citizen: Header
) -> None:
    stolen = token(
        "my-messages.write",
        sub="c_2",
        client_kind="citizen",
        organisation=None,
        organisation_kind=None,
        municipality=None,
        person="not-the-claim",
    )

    assert client.get(PATH, headers=token("my-messages.write")).status_code == 404
    assert client.get(PATH, headers=token("messages.read")).status_code == 403
    assert client.put(PATH, json={"language": "en"}, headers=stolen).status_code == 404


def test_a_choice_ends_as_the_confirmation_of_a_mobile_does(
    client: Any, citizen: Header, context: Any, session: Any
) -> None:
    client.put(PATH, json={"language": "en"}, headers=citizen())
    session.query(ChosenLanguage).update({"chosen_at": context.now - timedelta(days=731)})

    chores.forget_counts(context)

    assert session.query(ChosenLanguage).count() == 0
