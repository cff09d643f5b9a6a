"""A form that comes back, because its session has ended or another one has begun since."""

import re
from html import unescape
from io import BytesIO

import pytest
from werkzeug.datastructures import MultiDict

from pages.origins import csrf_token, person_input
from pages.site import Page, Visitor
from pages.unsent_forms import UnsentForm

URL, SECRET = "https://services.example", "s" * 43
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": URL}
FATIMA, HASAN = "p_fatima", "p_hasan"
TYPED = {"note": "<b>حفرة</b> أمام المدرسة", "kind": ["a", "b"], "password": "a b"}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def send(client_of):
    """`send(person, token, **fields)` → what a form of an earlier session is answered, while a person is signed in."""
    row = Page("added", "/added", "staff", _show_added, methods=("POST",))

    def post(person, token, *, secret=SECRET, path="/added?n=1&lang=en", referrer="", **fields):
        visitor = Visitor(secret=secret, known=None, person=person)
        client, base = client_of(row, guards={"staff": lambda _: visitor})
        sent = {"csrf_token": token, **fields}
        return client.post(path, data=sent, headers={**OWN, "Referer": referrer}, **base)

    return post


def inputs_of(answer):
    inside = answer.text.partition("<main")[2]
    return [(name, unescape(value)) for name, value in HIDDEN.findall(inside)]


def test_an_outdated_form_comes_back_with_what_was_typed_and_can_be_sent(send):
    shown = send(FATIMA, csrf_token("earlier", FATIMA), **TYPED)
    given = MultiDict(inputs_of(shown))

    assert shown.status_code == 403
    assert '<form method="post" action="/added?n=1">' in shown.text
    assert given.getlist("kind") == ["a", "b"]
    assert given["note"] == TYPED["note"]
    assert "password" not in given
    assert "<b>" not in shown.text
    token = given.pop("csrf_token")
    assert send(FATIMA, token, **given.to_dict(flat=False)).status_code == 200


def test_what_is_shown_is_what_a_person_wrote(send):
    fields = {"note": "حفرة", "kind": "pothole", "more": "two words"}

    shown = send(FATIMA, csrf_token("earlier", FATIMA), **fields)

    assert re.findall(r'<p class="card lines" dir="auto">(.*?)</p>', shown.text) == [
        "حفرة",
        "two words",
    ]
    assert dict(inputs_of(shown)).items() >= fields.items()


ID = "01a23388-8f00-7a11-8c2e-000000001312"


@pytest.mark.parametrize(
    "value",
    [
        "حفرة",
        "Flooding",
        "two words",
        "20261201- الحفرة أمام المدرسة",
        "deadbeef- pump room",
        "a@b.example",
        "٥٥٥",
    ],
)
def test_words_are_written_in_either_language(value):
    assert UnsentForm([("n", value)], "", "").written == [value]


@pytest.mark.parametrize(
    "value",
    ["", "pothole", "central-qatif", "1448/06/14", "2026-12-01 08:00", "2026-12-01T06:15:00Z"]
    + ["7000000005 7000000013", "+966500000001", ID, f"{ID} {ID}", f"{ID} - pump room.png"],
)
def test_what_is_chosen_or_found_is_not_written(value):
    assert UnsentForm([("n", value)], "", "").written == []


def test_the_inputs_of_another_person_have_another_name_so_that_no_browser_fills_them_in(send):
    mine, yours = (csrf_token("x", person) for person in (FATIMA, HASAN))
    of_mine = send(FATIMA, csrf_token("earlier", FATIMA), note="a b")
    of_yours = send(HASAN, csrf_token("earlier", HASAN), note="a b")

    assert f'name="{person_input(mine)}"' in of_mine.text
    assert f'name="{person_input(yours)}"' in of_yours.text
    assert person_input(mine) != person_input(yours)


def test_the_files_of_a_form_are_chosen_once_more(send):
    photo = (BytesIO(b"p" * 100_000), "p.jpg")

    shown = send(FATIMA, csrf_token("earlier", FATIMA), note="a b", photo=photo)

    assert 'enctype="multipart/form-data"' in shown.text
    assert 'name="photo" type="file"' in shown.text
    assert "The file that you chose didn" in shown.text


def test_an_input_of_several_files_takes_several_again(send):
    one, several = (BytesIO(b"1"), "1.jpg"), [(BytesIO(b"2"), f"{at}.jpg") for at in range(2)]

    shown = send(FATIMA, csrf_token("earlier", FATIMA), note="a b", one=one, more=several)

    files = re.findall(r'name="(\w+)" type="file"( multiple)?', shown.text)
    assert files == [("one", ""), ("more", " multiple")]


def test_a_file_is_asked_for_on_the_page_that_is_sent(send):
    """A page before the sign-in names the input only."""
    shown = send(FATIMA, csrf_token("earlier", FATIMA), note="a b", unsent_file="photo")

    assert 'name="photo" type="file"' in shown.text


def test_a_form_that_was_given_back_still_leads_to_the_page_on_which_it_stood(send):
    first = send(FATIMA, csrf_token("earlier", FATIMA), referrer=f"{URL}/form?n=1", note="a b")
    given = dict(inputs_of(first))

    token = given.pop("csrf_token")
    again = send(FATIMA, token, secret="later", referrer=f"{URL}/added", **given)

    assert '<a href="/form?n=1">' in again.text


@pytest.mark.parametrize(
    ("person", "token", "fields"),
    [
        (HASAN, csrf_token("earlier", FATIMA), TYPED),
        ("", csrf_token("earlier", ""), TYPED),
        (FATIMA, "earlier", TYPED),
        (FATIMA, csrf_token("earlier", FATIMA), {"action": "cancel"}),
        (FATIMA, csrf_token("earlier", FATIMA), {"note": "a b" * 30_000}),
        (FATIMA, csrf_token("earlier", FATIMA), {f"n{place}": "a b" for place in range(201)}),
        (FATIMA, csrf_token("earlier", FATIMA), {"n": ["a b"] * 201}),
    ],
    ids=[
        "another person",
        "nobody",
        "without a mark",
        "without words",
        "large",
        "many fields",
        "one field many times",
    ],
)
def test_a_form_that_cannot_be_given_back_leads_to_its_page(send, person, token, fields):
    shown = send(person, token, referrer=f"{URL}/form", **fields)

    assert shown.status_code == 403
    assert '<a href="/form">Back to the form</a>' in shown.text
    assert inputs_of(shown) == []
    assert "a b" not in shown.text


def _show_added(visit):
    return visit.render("added.html", number="1448/21")
