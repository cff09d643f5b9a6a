"""A page is a row and a template: what a service adds, and what the site does around it."""

import pytest

from chassis.http.problems import Problem
from pages.origins import csrf_token
from pages.site import PUBLIC, Page, Visitor

URL, SECRET = "https://services.example", "s" * 43
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": URL}


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


def test_a_public_page_takes_no_form(client_of):
    client, base = client_of(Page("added", "/added", PUBLIC, show_added, methods=("POST",)))

    answer = client.post("/added", data={"csrf_token": csrf_token("")}, headers=OWN, **base)

    assert answer.status_code == 403
