"""Applications in a file: a result for each row, and nothing twice."""

import csv
import io
import re

import pytest
from affiliated_shown import APPLICATION_ID, BATCHES, answers

from portal.domain.tasks import MUNICIPAL_LICENCES
from portal.outside.services import Reply

PAGE, RESULTS = "/affiliated/files", "/affiliated/files/results"
CONTENT = (
    "المرجع,نوع الرخصة,الأنشطة,اسم المالك,البلدة,الحي,place.latitude\r\n"
    "S-2026-000017,محل تجاري,960111,بيانات تجريبية,سيهات,الكوثر,٢٦٫٤٨\r\n"
    "S-2026-000018,shop,960111 960210,بيانات تجريبية,سيهات,الكوثر,26.48\r\n"
).encode("utf-8-sig")
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}


@pytest.fixture
def clerk(browser, gateway):
    gateway.replies |= answers()
    browser.sign_in(MUNICIPAL_LICENCES)
    return browser


def send(clerk, content=CONTENT, key=None):
    page = clerk.get(PAGE).text
    form = {
        "csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page)[1],
        "key": key or re.search(r'name="key" value="([^"]+)"', page)[1],
    }
    return clerk.send(PAGE, form, OWN, {"file": ("طلبات.csv", content, "text/csv")})


def test_each_row_has_a_result_and_a_refused_row_its_faults_by_column(clerk):
    answer = send(clerk)
    shown = clerk.get(answer.headers["location"]).text

    assert answer.status_code == 303
    assert f"/affiliated/applications/{APPLICATION_ID}" in shown
    assert "مدة الرخصة بالسنوات: الحد الأعلى لمدة الرخصة بالسنوات" in re.sub("<[^>]+>", "", shown)
    assert "S-2026-000018" in shown


def test_rows_are_sent_as_lines_with_codes_in_place_of_words(clerk, gateway):
    send(clerk)

    ((_, (first, second)),) = [one for one in gateway.asked if one[0] == BATCHES]
    assert first["reference"] == "S-2026-000017"
    assert first["application"]["kind"] == "shop"
    assert first["application"]["place"] == {
        "town": "سيهات",
        "district": "الكوثر",
        "latitude": 26.48,
    }
    assert [one["main"] for one in second["application"]["activities"]] == [True, False]


def test_a_key_that_no_page_made_is_refused(clerk):
    assert send(clerk, key="مفتاح").status_code == 400


def test_the_key_of_the_request_is_that_of_the_form_and_of_the_file(clerk, gateway):
    send(clerk, key="k")
    send(clerk, key="k")
    send(clerk, CONTENT.replace(b"000018", b"000019"), key="k")

    first, again, other = gateway.keys
    assert first == again
    assert first != other
    assert first.startswith("k-")


def test_a_row_that_was_submitted_before_says_so(clerk, gateway):
    (accepted, refused) = gateway.replies[BATCHES].document["lines"]
    gateway.replies[BATCHES] = Reply(200, {"lines": [{**accepted, "result": "repeated"}, refused]})

    shown = clerk.get(send(clerk).headers["location"]).text

    assert "قُدم من قبل" in shown


def test_the_results_come_as_a_file_too(clerk):
    address = send(clerk).headers["location"].replace("results?", "results.csv?")
    answer = clerk.get(address)

    heads, first, second = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert heads == ["الصف", "المرجع", "النتيجة", "الأسباب"]
    assert first == ["2", "S-2026-000017", "قُدم", ""]
    assert second[:3] == ["3", "S-2026-000018", "لم يُقدم"]
    assert "السنوات" in second[3]


def test_the_results_of_another_session_are_not_there(clerk, other_browser, gateway):
    address = send(clerk).headers["location"]
    other_browser.sign_in(MUNICIPAL_LICENCES)

    assert other_browser.get(address).status_code == 404
    assert clerk.get(RESULTS).status_code == 404


def test_the_model_file_has_headings_that_are_read(clerk):
    model = clerk.get(f"{PAGE}/template.csv")

    assert model.content.startswith(b"\xef\xbb\xbf")
    assert "المرجع".encode() in model.content
    assert "لا صفوف" in send(clerk, model.content).text


def test_the_model_file_has_an_example_that_fits_its_own_columns(clerk, gateway):
    model = clerk.get(f"{PAGE}/template.csv").content
    text = model.decode("utf-8-sig").replace("EXAMPLE", "S-1")

    send(clerk, text.encode())

    heads, example = csv.reader(io.StringIO(text, newline=""))
    assert len(heads) == len(example)
    ((_, (line,)),) = [one for one in gateway.asked if one[0] == BATCHES]
    application = line["application"]
    assert (application["kind"], application["establishment"]["size"]) == ("shop", "micro")
    assert application["place"]["town"] == "سيهات"
    assert application["place"]["district"]
    assert application.keys().isdisjoint(("manager", "sign", "engineering"))


def test_an_example_row_that_was_typed_over_is_reported_and_not_sent(clerk, gateway):
    model = clerk.get(f"{PAGE}/template.csv").content.decode("utf-8-sig")
    over = model.splitlines()[1].replace("1000000008", "1000000016")
    (accepted, _) = gateway.replies[BATCHES].document["lines"]
    gateway.replies[BATCHES] = Reply(200, {"lines": [accepted]})
    sent = over.replace("EXAMPLE", "S-2026-000017")

    answer = send(clerk, f"{model}{over}\r\n{sent}\r\n".encode())

    lines = [one for path, one in gateway.asked if path == BATCHES]
    assert [[one["reference"] for one in lines] for lines in lines] == [["S-2026-000017"]]
    shown = clerk.get(answer.headers["location"].replace("results?", "results.csv?")).content
    _, *rows = csv.reader(io.StringIO(shown.decode("utf-8-sig"), newline=""))
    assert [row[:3] for row in rows] == [
        ["3", "EXAMPLE", "لم يُقدم"],
        ["4", "S-2026-000017", "قُدم"],
    ]
    assert "مرجع صف المثال" in rows[0][3]


def test_a_file_with_nothing_but_a_typed_over_example_asks_nobody(clerk, gateway):
    model = clerk.get(f"{PAGE}/template.csv").content.decode("utf-8-sig")

    answer = send(clerk, model.replace("1000000008", "1000000016").encode())

    assert not [one for one in gateway.asked if one[0] == BATCHES]
    assert "مرجع صف المثال" in clerk.get(answer.headers["location"]).text


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_page_says_what_each_column_takes(clerk, language):
    shown = clerk.get(f"{PAGE}?lang={language}").text

    words = {"ar": "متناهية الصغر", "en": "Micro"}[language]
    assert words in shown
    assert "سيهات" in shown
    assert "صفوى" not in shown
    assert "aff_column" not in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "ملف إكسل"),
        ("المرجع\nS-1".encode("cp1256"), "تعذرت قراءة الملف"),
        (b"reference,surprise\nS-1,x", "غير معروف"),
    ],
)
def test_a_file_that_is_not_read_is_not_sent(clerk, gateway, content, words):
    answer = send(clerk, content)

    assert answer.status_code == 400
    assert 'href="#file"' in answer.text
    assert words in answer.text
    assert BATCHES not in [path for path, _ in gateway.asked]


def test_a_form_without_a_file_says_so(clerk):
    page = clerk.get(PAGE).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    assert 'href="#file"' in clerk.send(PAGE, {"csrf_token": token}, OWN).text


def test_an_absent_gateway_says_that_the_file_may_be_sent_again(clerk, gateway):
    gateway.replies[BATCHES] = None

    answer = send(clerk)

    assert answer.status_code == 503
    assert "لا يُقدم طلب مرتين" in answer.text


def test_a_refusal_of_the_whole_file_is_told(clerk, gateway):
    problem = {"type": "…/too-many-requests", "title": "حد", "detail": "بلغت جهتكم الحد"}
    gateway.replies[BATCHES] = Reply(429, problem)

    answer = send(clerk)

    assert answer.status_code == 429
    assert "بلغت جهتكم الحد" in answer.text
