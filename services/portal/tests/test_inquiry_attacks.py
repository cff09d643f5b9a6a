"""Attacks on the inquiry: guessing, telling numbers that exist from others, another kind, traces of what was typed."""

import psycopg
import pytest
from inquiring import MOBILE, OTHER_MOBILE, ask, event, keep, send
from sqlalchemy import text

from chassis.core.ids import new_id
from portal.api.cookies import FORM_COOKIE

NUMBER, FREE_NUMBER, PERMIT = "1448104233", "1448104299", "1448/1312"
CONFIDENTIAL, FREE_TRANSACTION = "1448047000017", "1448047000099"


@pytest.fixture
def statements(monkeypatch):
    """The statements that the database gets, without their values and without the savepoints of the test."""
    said, execute = [], psycopg.Cursor.execute

    def note(cursor, statement, *values, **options):
        plain = statement.decode() if isinstance(statement, bytes) else statement
        if "SAVEPOINT" not in plain:
            said.append(plain)
        return execute(cursor, statement, *values, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", note)
    return said


def without_numbers(answer):
    """The answer without what the page repeats of the form."""
    shown = answer.text
    for typed in (NUMBER, FREE_NUMBER, CONFIDENTIAL, FREE_TRANSACTION):
        shown = shown.replace(typed, "…")
    return answer.status_code, shown, sorted(set(answer.headers) - {"date"})


def test_a_number_that_exists_is_answered_like_one_that_does_not(browser, session, statements):
    keep(session, event("report", NUMBER, known=[("mobile", OTHER_MOBILE)]))
    browser.get("/inquiry?kind=report")
    answers, work = [], []
    for number in (NUMBER, FREE_NUMBER):
        statements.clear()
        answers.append(without_numbers(send(browser, "report", number=number, proof=MOBILE)))
        work.append(list(statements))

    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert work[0] == work[1]
    assert any("inquiry_thing" in one for one in work[0])


def test_a_lookup_knows_no_number(browser, session, statements):
    """The statement has the keyed hash alone, so the database cannot take longer for a number that exists."""
    ask(browser, "report", number=NUMBER, proof=MOBILE)

    lookups = [one for one in statements if "inquiry_thing" in one]
    assert len(lookups) == 1
    compared = lookups[0].partition("WHERE")[2].partition("ORDER BY")[0]
    assert "match_keys &&" in compared
    assert not any(column in compared for column in ("number_digits", "state", "kind"))


def test_a_confidential_transaction_is_answered_like_a_number_that_does_not_exist(browser, session):
    keep(session, event("transaction", CONFIDENTIAL, known=[], status="with_department"))
    browser.get("/inquiry?kind=transaction")

    found = [
        without_numbers(send(browser, "transaction", number=number, proof=MOBILE))
        for number in (CONFIDENTIAL, FREE_TRANSACTION)
    ]

    assert found[0] == found[1]
    columns = "kind, municipality, number_digits, match_keys, steps"
    kept = session.execute(text(f"SELECT state, {columns} FROM inquiry_thing")).one()
    assert kept[1:] == (None, None, None, [], [])
    counted = {"kind", "municipality", "opened_on", "due_on", "decided_on", "category"}
    assert set(kept[0]) == counted


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "transaction", "number": NUMBER, "proof": MOBILE},
        {"kind": "report", "number": f"{NUMBER}0", "proof": MOBILE},
        {"kind": "report", "number": NUMBER, "proof": OTHER_MOBILE},
        {"kind": "shop_licence", "number": NUMBER, "proof": ""},
        {"kind": "building_permit", "number": PERMIT, "proof": MOBILE, "municipality": "tarout"},
        {"kind": "insulation_certificate", "number": PERMIT, "proof": MOBILE, "municipality": "safwa"},
    ],
)  # fmt: skip
def test_another_kind_number_mobile_or_branch_opens_nothing(browser, session, typed):
    keep(session, event("report", NUMBER), event("building_permit", PERMIT, status="valid"))

    assert ask(browser, **typed).status_code == 404


def test_a_thing_that_is_not_public_is_found_by_no_number_alone(browser, session):
    keep(session, event("shop_licence", NUMBER, status="valid", public=False))

    assert ask(browser, "shop_licence", number=NUMBER).status_code == 404


def test_an_emptied_thing_is_found_no_more(browser, session):
    thing = new_id()
    keep(session, event("report", NUMBER, thing=thing, version=1))
    assert ask(browser, "report", number=NUMBER, proof=MOBILE).status_code == 200

    keep(session, event("report", NUMBER, thing=thing, version=2, known=[]))

    assert ask(browser, "report", number=NUMBER, proof=MOBILE).status_code == 404


def mobiles(count):
    return [f"05000000{last:02}" for last in range(10, 10 + count)]


def test_a_mobile_is_not_guessed_for_a_number(browser, session):
    keep(session, event("report", NUMBER, known=[("mobile", "+966500000055")]))
    browser.get("/inquiry?kind=report")

    codes = [send(browser, "report", number=NUMBER, proof=one).status_code for one in mobiles(11)]
    right = send(browser, "report", number=NUMBER, proof="0500000055")

    assert codes == [404] * 10 + [429]
    assert right.status_code == 429
    assert "Retry-After" in right.headers


def test_another_spelling_of_a_number_is_no_other_number(browser):
    browser.get("/inquiry?kind=report")
    spellings = [f"{NUMBER[:cut]}-{NUMBER[cut:]}" for cut in range(1, 9)] + [
        "١٤٤٨١٠٤٢٣٣",
        f"#{NUMBER}",
    ]

    codes = [
        send(browser, "report", number=one, proof=mobile).status_code
        for one, mobile in zip([*spellings, NUMBER], mobiles(11), strict=True)
    ]

    assert codes == [404] * 10 + [429]


def test_numbers_are_not_tried_with_one_mobile(browser):
    browser.get("/inquiry?kind=report")

    codes = [
        send(browser, "report", number=f"14481042{last:02}", proof=MOBILE).status_code
        for last in range(31)
    ]

    assert codes == [404] * 30 + [429]


def test_an_address_asks_so_often_in_an_hour(browser, app):
    browser.get("/inquiry?kind=shop_licence")
    most = app.process.settings.inquiries_per_address

    codes = [
        send(browser, "shop_licence", number=f"{144804000000 + last}").status_code
        for last in range(most + 1)
    ]

    assert codes == [404] * most + [429]


def test_a_number_is_not_tried_from_many_addresses(browser, move, app):
    browser.get("/inquiry?kind=report")
    most = app.process.settings.inquiries_per_number_anywhere
    codes = []
    for place in range(most + 1):
        move(f"198.51.100.{place}")
        mobile = f"0500000{place:03}"
        codes.append(send(browser, "report", number=NUMBER, proof=mobile).status_code)

    other = send(browser, "report", number=FREE_NUMBER, proof="0500000999")

    assert codes == [404] * most + [429]
    assert other.status_code == 404


def test_a_mobile_is_not_tried_from_many_addresses(browser, move, app):
    browser.get("/inquiry?kind=report")
    most = app.process.settings.inquiries_per_proof_anywhere
    codes = []
    for place in range(most + 1):
        move(f"198.51.100.{place}")
        number = f"1448105{place:03}"
        codes.append(send(browser, "report", number=number, proof=MOBILE).status_code)

    other = send(browser, "report", number=FREE_NUMBER, proof=OTHER_MOBILE)

    assert codes == [404] * most + [429]
    assert other.status_code == 404


def test_a_form_with_a_fault_charges_nothing_and_a_right_one_does(browser, session):
    for _ in range(12):
        assert ask(browser, "report", number=NUMBER, proof="12").status_code == 400

    assert ask(browser, "report", number=NUMBER, proof=MOBILE).status_code == 404


def test_neither_number_nor_mobile_stands_in_a_limit_or_a_row(browser, session):
    keep(session, event("report", NUMBER))
    ask(browser, "report", number=NUMBER, proof="0500000001")

    kept = [str(one) for one in session.execute(text("SELECT subject FROM quota_used"))]
    rows = str(session.execute(text("SELECT * FROM inquiry_thing")).all())
    assert kept
    assert all(secret not in one for one in [*kept, rows] for secret in ("500000001", MOBILE))
    assert not any(NUMBER in one for one in kept)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_no_answer_names_a_number_outside_its_page(browser, session, caplog, capsys, language):
    keep(session, event("report", NUMBER))
    browser.get(f"/inquiry?lang={language}")

    answer = ask(browser, "report", number=NUMBER, proof="0500000001")

    links = [part.partition('"')[0] for part in answer.text.split('href="')[1:]]
    title = answer.text.partition("<title>")[2].partition("</title>")[0]
    said = title + caplog.text + capsys.readouterr().out + str(answer.headers)
    assert not any(secret in one for one in [*links, said] for secret in (NUMBER, "500000001"))
    assert answer.headers["cache-control"] == "no-store"


def test_a_number_in_the_address_is_not_read(browser, session):
    keep(session, event("report", NUMBER))

    shown = browser.get(f"/inquiry?kind=report&number={NUMBER}&proof=0500000001").text

    assert 'id="number" name="number" type="text" value=""' in shown
    assert "بلدية صفوى" not in shown


@pytest.mark.parametrize("cookie", ["", "short", "F" * 43])
def test_a_form_that_this_browser_did_not_open_is_refused(browser, cookie):
    browser.get("/inquiry?kind=report")
    form = {"kind": "report", "number": NUMBER, "proof": MOBILE, "csrf_token": "x" * 43}
    browser.cookies[FORM_COOKIE] = cookie

    own = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}
    assert browser.send("/inquiry", form, own).status_code == 403


def test_the_forms_cookie_is_for_this_host_alone_and_no_script_sees_it(browser):
    line = next(iter(browser.get("/inquiry?kind=report").headers.get_list("set-cookie")))

    assert line.startswith(f"{FORM_COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>7", '7"onfocus=1', "7{{7*7}}"])
def test_what_was_typed_is_text(browser, typed):
    shown = ask(browser, "report", number=typed, proof=typed).text

    assert "<script" not in shown
    assert 'value="7"onfocus' not in shown
    assert "749" not in shown
