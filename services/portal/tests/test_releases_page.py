"""The page of releases that wait for the company, and whose session the header names."""

from permits_shown import page, permit, verdict, words

from portal.outside.services import Reply

WAITING = "/v1/waiting-releases"


def waiting(work="supply", **changes):
    titles = {
        "disconnection": words("فصل التيار للخطر", "Cutting current for danger"),
        "supply": words("إطلاق التيار", "Giving current"),
    }
    return {
        "waits_for": work,
        "waits_for_title": titles[work],
        "since": "2026-11-20",
        "since_hijri": "1448/06/10",
        "permit": permit(**changes),
    }


def test_what_waits_is_shown_with_its_day_and_its_verdict(dispatcher, gateway):
    suspended = verdict("none", ("الرخصة موقوفة", "The permit is suspended"))
    gateway.replies[WAITING] = Reply(200, page(waiting(connection=suspended)))

    shown = dispatcher.get("/sec/releases").text

    assert (WAITING, {"limit": 20}) in gateway.asked
    assert '<bdi dir="ltr">1448/06/10</bdi>' in shown
    assert "لا يُطلق التيار" in shown
    assert f'href="/sec/permits/{permit()["permit_id"]}"' in shown


def test_the_filter_and_the_next_page_stand_in_the_address(dispatcher, gateway):
    gateway.replies[WAITING] = Reply(200, page(waiting("disconnection"), cursor="c2"))

    shown = dispatcher.get("/sec/releases?waits_for=disconnection").text

    assert 'value="disconnection" selected' in shown
    assert 'href="/sec/releases?waits_for=disconnection&amp;cursor=c2"' in shown
    dispatcher.get("/sec/releases?waits_for=disconnection&cursor=c2")
    asked = {"limit": 20, "waits_for": "disconnection", "cursor": "c2"}
    assert (WAITING, asked) in gateway.asked


def test_a_grant_that_shows_only_the_release_makes_a_row(dispatcher, gateway):
    shown_fields = ("permit_id", "permit_number", "status", "status_title", "issued_on")
    item = waiting()
    item["permit"] = {name: item["permit"][name] for name in shown_fields}
    gateway.replies[WAITING] = Reply(200, page(item))

    assert dispatcher.get("/sec/releases").status_code == 200


def test_while_the_gateway_is_away_the_page_does_not_say_that_nothing_waits(dispatcher, gateway):
    gateway.replies[WAITING] = None

    answer = dispatcher.get("/sec/releases")

    assert answer.status_code == 503
    assert "لا شيء ينتظر الشركة" not in answer.text
    assert "بوابة الشركاء غير متاحة الآن" in answer.text


def test_a_refused_grant_is_said_in_the_gateways_words(dispatcher, gateway):
    gateway.replies[WAITING] = Reply(
        403, {"title": "الاتفاقية لا تشمل هذا", "detail": "راجعوا المسؤول"}
    )

    answer = dispatcher.get("/sec/releases")

    assert answer.status_code == 403
    assert "راجعوا المسؤول" in answer.text


def test_the_header_names_the_person_and_the_organisation(dispatcher):
    arabic, english = dispatcher.get("/sec/permits"), dispatcher.get("/sec/permits?lang=en")

    assert "موظف الإيصال (بيانات تجريبية)</bdi>، شركة الكهرباء" in arabic.text
    assert "</bdi>, Electricity company" in english.text


def test_an_issuer_that_names_nobody_leaves_a_page_that_works(browser, issuer):
    issuer.person = None
    browser.sign_in()

    assert "موظف شركة الكهرباء" in browser.get("/sec/permits").text


def test_a_renewed_session_names_the_person_still(dispatcher):
    dispatcher.sign_in()

    assert "موظف الإيصال" in dispatcher.get("/sec/permits").text
