"""A page is a row and a template: what a service adds, and what the site does around it."""

import json
import re
from html import unescape
from io import BytesIO

import flask
import pytest
from werkzeug.datastructures import MultiDict

from chassis.http.problems import Problem
from pages.origins import csrf_token
from pages.site import PUBLIC, Page, Site, Visitor

URL, SECRET = "https://services.example", "s" * 43
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": URL}
TEMPLATE = """{% extends "page.html" %}{% block title %}{{ t("added") }}{% endblock %}
{% block content %}<h1>{{ t("added") }} {{ number|code }}</h1>{% endblock %}"""


@pytest.fixture
def client_of(tmp_path, monkeypatch):
    """`client_of(page, …, guards={…})` → a client of a service that has these pages only."""
    templates = tmp_path / "added_service" / "api" / "templates"
    templates.mkdir(parents=True)
    (tmp_path / "added_service" / "__init__.py").write_text("")
    (templates / "added.html").write_text(TEMPLATE, "utf-8")
    texts = templates / "texts.json"
    texts.write_text(json.dumps({"ar": {"added": "صفحة"}, "en": {"added": "Added"}}), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def build(*table, guards=None):
        site = Site(
            process=None,
            table=table,
            guards=guards or {},
            templates="added_service",
            texts=[texts],
            public_url=URL,
            unkept=["password"],
        )
        app = flask.Flask("added_service", static_folder=None)
        site.mount(app)
        scope = {"chassis.address": "203.0.113.7"}
        return app.test_client(), {"environ_base": {"asgi.scope": scope}}

    return build


def show_added(visit):
    return visit.render("added.html", number="1448/21")


def test_an_address_that_no_page_writes_leads_nowhere(client_of):
    client, base = client_of(Page("added", "/added", PUBLIC, show_added))

    assert client.get("/added?form=%00", **base).status_code == 404


def test_a_page_that_says_done_has_the_script_that_takes_this_out_of_the_address(client_of):
    client, base = client_of(Page("added", "/added", PUBLIC, show_added))

    answer = client.get("/added?done=close", **base)

    assert '<script src="/assets/done.js" defer></script>' in answer.text
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    script = client.get("/assets/done.js", **base)
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert len(script.data) < 600


def test_a_row_and_a_template_make_a_page(client_of):
    client, base = client_of(Page("added", "/added", PUBLIC, show_added))

    answer = client.get("/added", **base)

    assert '<h1>صفحة <bdi dir="ltr">1448/21</bdi></h1>' in answer.text
    assert "<title>صفحة · " in answer.text
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert client.get("/other", **base).status_code == 404


def test_a_row_with_an_unknown_guard_is_refused_at_the_start(client_of):
    with pytest.raises(ValueError, match="unknown guards: nobody"):
        client_of(Page("added", "/added", "nobody", show_added))


def test_a_guard_stands_in_front_of_the_page(client_of):
    def refuse(_visit):
        raise Problem("forbidden", params={"scopes": []})

    client, base = client_of(Page("added", "/added", "staff", show_added), guards={"staff": refuse})

    answer = client.get("/added", **base)

    assert answer.status_code == 403
    assert "1448/21" not in answer.text


@pytest.mark.parametrize(
    ("headers", "sent", "status"),
    [(OWN, csrf_token(SECRET), 200), (OWN, "x", 403), ({}, csrf_token(SECRET), 403)],
)
def test_a_form_needs_our_origin_and_the_sessions_token(client_of, headers, sent, status):
    row = Page("added", "/added", "staff", show_added, methods=("POST",))
    client, base = client_of(row, guards={"staff": lambda _: Visitor(secret=SECRET, known=None)})

    answer = client.post("/added", data={"csrf_token": sent}, headers=headers, **base)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("referrer", "headers", "way"),
    [
        (f"{URL}/added?kind=1&amp=2", OWN, "/added?kind=1&amp;amp=2"),
        (f"{URL}/added", {}, None),
        ("https://evil.example/added", OWN, None),
        (f"{URL}//evil.example", OWN, None),
        ("https://[", OWN, None),
        ("", OWN, None),
    ],
)
def test_the_page_of_an_outdated_form_leads_back_to_the_form(client_of, referrer, headers, way):
    """A sign-in in another tab makes the form outdated."""
    row = Page("added", "/added", "staff", show_added, methods=("POST",))
    client, base = client_of(row, guards={"staff": lambda _: Visitor(secret=SECRET, known=None)})

    sent = {**headers, "Referer": referrer}
    answer = client.post("/added", data={"csrf_token": "old"}, headers=sent, **base)

    assert answer.status_code == 403
    assert ("العودة إلى النموذج" in answer.text) is (way is not None)
    assert way is None or f'<a href="{way}">' in answer.text


FATIMA, HASAN = "p_fatima", "p_hasan"
TYPED = {"note": "<b>حفرة</b> أمام المدرسة", "kind": ["a", "b"], "password": "a b"}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
def send(client_of):
    """`send(person, token, **fields)` → what a form of an earlier session is answered, while a person is signed in."""
    row = Page("added", "/added", "staff", show_added, methods=("POST",))

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
    upload = "01a23388-8f00-7a11-8c2e-000000001312 - p.png"
    fields = {
        "note": "حفرة",
        "code": "E12",
        "files": upload,
        "kind": "pothole",
        "more": "two words",
    }

    shown = send(FATIMA, csrf_token("earlier", FATIMA), **fields)

    assert re.findall(r'<p class="card lines" dir="auto">(.*?)</p>', shown.text) == [
        "حفرة",
        "two words",
    ]
    assert dict(inputs_of(shown)).items() >= fields.items()


def test_the_inputs_of_another_person_have_another_name_so_that_no_browser_fills_them_in(send):
    mine, yours = (csrf_token("x", person) for person in (FATIMA, HASAN))
    of_mine = send(FATIMA, csrf_token("earlier", FATIMA), note="a b")
    of_yours = send(HASAN, csrf_token("earlier", HASAN), note="a b")

    assert f'name="of-{mine.partition(".")[2]}"' in of_mine.text
    assert f'name="of-{yours.partition(".")[2]}"' in of_yours.text
    assert mine.partition(".")[2] != yours.partition(".")[2]


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
        (FATIMA, csrf_token("earlier", FATIMA), {"note": "a b", "photo": (BytesIO(b"p"), "p.jpg")}),
    ],
    ids=[
        "another person",
        "nobody",
        "without a mark",
        "without words",
        "large",
        "many fields",
        "with a file",
    ],
)
def test_a_form_that_cannot_be_given_back_leads_to_its_page(send, person, token, fields):
    shown = send(person, token, referrer=f"{URL}/form", **fields)

    assert shown.status_code == 403
    assert '<a href="/form">Back to the form</a>' in shown.text
    assert inputs_of(shown) == []
    assert "a b" not in shown.text


def test_a_public_page_takes_no_form(client_of):
    client, base = client_of(Page("added", "/added", PUBLIC, show_added, methods=("POST",)))

    answer = client.post("/added", data={"csrf_token": csrf_token("")}, headers=OWN, **base)

    assert answer.status_code == 403
