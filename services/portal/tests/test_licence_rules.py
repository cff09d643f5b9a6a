"""The desk's pages for versions of the rules of licences."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from licences_shown import example, problem

from chassis.core.times import rfc3339
from pages.origins import csrf_token
from portal.domain.areas import DESK
from portal.domain.tasks import LICENCE_RULES
from portal.outside.services import FileReply, Reply
from saudi.days import RIYADH

RULES, PAGES = "/v1/licence-rules", "/desk/licences/rules"
VERSION, PAGE = f"{RULES}/2027.1", f"{PAGES}/2027.1"


@pytest.fixture
def manager(browser, licences):
    version = example("RuleVersionDetails")
    licences.replies |= {
        RULES: Reply(200, {**version, **example("RuleVersionList")}),
        VERSION: Reply(200, version),
        f"{VERSION}/document": Reply(200, example("RuleDocument")),
        f"{VERSION}/history": Reply(200, example("History")),
        f"{VERSION}/approve": Reply(200, version),
        f"{VERSION}/withdraw": Reply(200, version),
        f"{VERSION}/file": FileReply(b"version: x", "application/yaml"),
    }
    assert browser.sign_in(LICENCE_RULES).status_code == 303
    return browser


def upload(manager, content=b"version: x"):
    form = {"csrf_token": csrf_token(manager.cookies[DESK.cookie])}
    files = {"file": ("rules.yaml", content, "text/plain")} if content else None
    origin = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}
    return manager.send(f"{PAGES}/new", form, origin, files)


def sent_to(licences, path):
    return [content for asked, content in licences.asked if asked == path]


def test_the_versions_are_shown_with_their_days(manager):
    shown = manager.get(f"{PAGES}?lang=en").text

    assert PAGE in shown
    assert "In force" in shown
    assert "2027/01/01" in shown
    assert "1448/07/23" in shown


def test_the_tables_show_each_row_with_its_days_and_mark_what_differs(manager, licences):
    differences = [
        {**example("RuleVersionDetails")["differences"][0], "part": "activities", "code": "960111"}
    ]
    licences.replies[VERSION] = Reply(
        200, example("RuleVersionDetails") | {"differences": differences}
    )

    shown = manager.get(f"{PAGE}/tables?lang=en").text

    for words in (
        "300.00",
        "400.00",
        "2026/12/31",
        "Laundries",
        "up to",
        f"{PAGE}/fees/licence-small",
    ):
        assert words in shown
    assert shown.count(">Differs</") == 1


def test_a_fee_gets_a_new_amount_from_a_day_under_the_name_of_the_proposal(manager, licences):
    licences.replies[f"{VERSION}/fees"] = Reply(201, example("RuleVersionDetails"))

    form = manager.get(f"{PAGE}/fees/licence-small").text
    assert "رسم الرخصة السنوي (صغيرة)" in form
    typed = {
        "version": "2027.1",
        "effective_from": "1448/07/23",
        "amount": "450",
        "since": "1448/07/23",
    }
    key = re.search(r'name="key" value="([^"]+)"', form)[1]
    manager.post(f"{PAGE}/fees/licence-small", {**typed, "key": key})
    assert licences.keys[-1] == key
    licences.asked.clear()
    sent = manager.post(f"{PAGE}/fees/licence-small", typed)

    assert 'value="2027.1"' in form
    assert 'value="2027/01/01"' in form
    assert sent_to(licences, f"{VERSION}/fees") == [{**typed, "code": "licence-small"}]
    assert sent.headers["location"] == f"{PAGE}/tables?done=fee"
    assert manager.get(f"{PAGE}/fees/none").status_code == 404


def test_a_version_shows_what_it_changes_and_which_decisions_would_differ(manager):
    shown = manager.get(f"{PAGE}?lang=en").text

    for words in ("Yearly licence fee", "400.00", "1448040000123", "actions/approve?digest="):
        assert words in shown
    assert "/desk/licences/applications/0195ff10-4d00-7b22-9d3f-000000000101" in shown


def test_a_replay_is_told_day_by_day(manager):
    shown = manager.get(f"{PAGE}?lang=en").text
    approval = manager.get(f"{PAGE}/actions/approve?lang=en").text

    for page in (shown, approval):
        table = page[page.index("Decisions that would change, by day and outcome") :]
        assert table.index("2027/01/01") < table.index("No decision changes")
        assert (
            table.index("No decision changes") < table.index("2027/03/01") < table.index("Refused")
        )


def test_a_replay_by_an_earlier_release_is_told_of_the_first_day(manager, licences):
    version = example("RuleVersionDetails")
    licences.replies[VERSION] = Reply(200, {**version, "replay": {**version["replay"], "days": []}})

    shown = manager.get(f"{PAGE}?lang=en").text

    table = shown[shown.index("Decisions that would change, by day and outcome") :]
    assert table.index("2027/01/01") < table.index("Refused")


def test_the_history_shows_what_each_proposal_changed(manager, licences):
    (entry,) = example("History")["items"]
    difference = example("RuleVersionDetails")["differences"][0]
    new = {**difference, "change": "added", "field": {"ar": "من يوم", "en": "From"}, "before": None}
    details = {
        "effective_from": "2027-01-01",
        "compared_with": "2026.1",
        "change_count": 201,
        "changes": [difference, new],
    }
    proposed = {**entry, "action": "propose", "name": "بيانات تجريبية", "details": details}
    licences.replies[f"{VERSION}/history"] = Reply(200, {"items": [entry, proposed]})

    shown = manager.get(f"{PAGE}?lang=en").text
    text = re.sub("<[^>]+>", "", shown)

    assert "Holds from 2027/01/01, compared with version 2026.1:" in text
    assert "Yearly licence fee licence-small, Amount: was SAR 300.00, is now SAR 400.00" in text
    assert "Yearly licence fee licence-small, From: new row, SAR 400.00" in text
    assert "In all 201 changes" in text


@pytest.mark.parametrize(
    ("waited", "words"),
    [
        (timedelta(minutes=59), "The replay is running"),
        (timedelta(minutes=61), "The replay has not finished"),
    ],
)
def test_a_replay_without_a_result_says_since_when(manager, licences, waited, words):
    asked_at = rfc3339(datetime.now(UTC) - waited)
    version = example("RuleVersionDetails")
    running = {**version["replay"], "asked_at": asked_at, "finished_at": None}
    licences.replies[VERSION] = Reply(200, {**version, "replay": running})

    shown = manager.get(f"{PAGE}?lang=en").text

    assert words in shown
    assert f"{datetime.fromisoformat(asked_at).astimezone(RIYADH):%H:%M}" in shown


def test_a_file_is_proposed_and_its_version_shown(manager, licences):
    answer = upload(manager)

    assert answer.headers["location"] == f"{PAGE}?done=propose"
    assert sent_to(licences, RULES) == [("rules.yaml", b"version: x", "application/yaml")]


def test_each_fault_of_a_file_is_shown(manager, licences):
    detail = "السطر 3، العمود 7، fees.0.halalas: أقل قيمة مسموحة 0"
    errors = [{"field": "file", "code": "rules-fault", "detail": detail}] * 2
    licences.replies[RULES] = problem("invalid-request", 400, errors=errors)

    answer = upload(manager)

    assert answer.status_code == 400
    assert answer.text.count('href="#file"') == 2
    assert 'href="#file"' in upload(manager, b"").text


def test_the_person_approves_what_the_page_has_shown(manager, licences):
    digest = example("RuleApproval")["digest"]
    address = f"{PAGE}/actions/approve"
    form = manager.get(f"{address}?digest={digest}&lang=en")

    answer = manager.post(address, {"digest": digest})

    for words in (digest, "Yearly licence fee", "300.00", "400.00"):
        assert words in form.text
    assert answer.headers["location"] == f"{PAGE}?done=approve"
    assert sent_to(licences, f"{VERSION}/approve") == [{"digest": digest}]


def test_a_version_is_withdrawn_as_the_page_has_shown_it(manager, licences):
    address = f"{PAGE}/actions/withdraw"
    form = manager.get(address)

    answer = manager.post(address, {"version": "3", "reason": "أُجل القرار"})

    assert 'name="version" value="3"' in form.text
    assert answer.headers["location"] == f"{PAGE}?done=withdraw"
    assert licences.versions[-1] == 3


def test_the_file_is_given_back(manager):
    answer = manager.get(f"{PAGE}/file")

    assert (answer.content, answer.headers["content-type"]) == (b"version: x", "application/yaml")


@pytest.mark.parametrize("place", ["2027", "1000000008", "2027.1/actions/delete", "x/file"])
def test_what_is_no_version_reaches_no_service(manager, licences, place):
    asked = len(licences.asked)

    assert manager.get(f"{PAGES}/{place}").status_code == 404
    assert len(licences.asked) == asked


@pytest.mark.parametrize("page", [PAGES, f"{PAGES}/new"])
def test_the_form_of_one_fee_stands_before_the_file(manager, licences, page):
    in_force = {**example("RuleVersionList")["items"][0], "name": "2026.1", "status": "in_force"}
    licences.replies[RULES] = Reply(200, {"items": [in_force]})

    shown = manager.get(page).text

    easy, file = f'href="{PAGES}/2026.1/tables"', {PAGES: f'"{PAGES}/new"'}.get(page, 'id="file"')
    assert 0 < shown.index(easy) < shown.index(file)


def test_a_new_row_is_one_line_with_its_fields(manager, licences):
    version = example("RuleVersionDetails")
    first = {**version["differences"][0], "change": "added", "before": None}
    names = ({"ar": "المبلغ", "en": "Amount"}, {"ar": "من يوم", "en": "From"})
    texts = ({"ar": "120 ريال", "en": "SAR 120"}, {"ar": "1 شعبان", "en": "1 Shaban"})
    added = [
        {**first, "field": field, "after": after} for field, after in zip(names, texts, strict=True)
    ]
    licences.replies[VERSION] = Reply(200, {**version, "differences": added})

    shown = re.sub("<[^>]+>", "", manager.get(PAGE).text)

    assert shown.count("بند جديد") == 1
    assert "120 ريال" in shown
    assert "1 شعبان" in shown


def test_an_amount_that_follows_another_says_both(manager, licences):
    version = example("RuleVersionDetails")
    texts = {"before": {"ar": "100 ريال", "en": "x"}, "after": {"ar": "120 ريال", "en": "y"}}
    field = {"ar": "المبلغ من 1 شعبان", "en": "z"}
    line = {**version["differences"][0], "change": "added", "field": field, **texts}
    licences.replies[VERSION] = Reply(200, {**version, "differences": [line]})

    shown = re.sub("<[^>]+>", "", manager.get(PAGE).text)

    assert "100 ريال" in shown
    assert "المبلغ من 1 شعبان" in shown
    assert "بند جديد" not in shown
