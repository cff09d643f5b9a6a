"""People without an account, over HTTP: lists, questions, following, the feed. The clock is the real one."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from chassis.core.ids import new_id
from tenders.commands import awards, retention
from tenders.domain.actors import RETENTION
from tenders.models import Follower, Lease, Question, Tender

from .people import CANCELLATION, MOBILE, OTHER_MOBILE, PREPARER
from .stages import DAY, NOW, bring, work

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def published(session: Any) -> Any:
    """A tender that was published now."""
    return bring(session, Tender, "published", now=datetime.now(UTC))


def follow(api: Any, codes: Any, number: str, mobile: str = MOBILE) -> Any:
    who = {"number": number, "mobile": mobile}
    api.ask("request_follow_code", who)
    return api.send("follow", {**who, "code": codes()[-1]})


def test_the_list_is_searched_and_filtered(session: Any, api: Any) -> None:
    now = datetime.now(UTC)
    garden = bring(session, Tender, "published", now=now)
    bins = bring(session, Tender, "published", now=now, place=1, municipality="tarout")

    def numbers(**query: Any) -> list[str]:
        items = api.ask("list_public_tenders", query=query)["items"]
        return [one["number"] for one in items]

    assert set(numbers()) == {garden.number, bins.number}
    assert numbers(words="حديقه") == [garden.number]
    assert numbers(words="CONTAINERS") == [bins.number]
    assert numbers(words=garden.number) == [garden.number]
    assert numbers(words="٪") == []
    assert numbers(municipality="tarout") == numbers(category="goods") == [bins.number]
    assert numbers(status="closed") == []


def test_pages_follow_each_other_without_gap_or_repetition(session: Any, api: Any) -> None:
    now = datetime.now(UTC)
    rows = [bring(session, Lease, "published", now=now) for _ in range(5)]
    found, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = api.ask("list_public_leases", query=query)
        found += [one["number"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert sorted(found) == sorted(row.number for row in rows)


def test_a_number_of_another_series_is_not_found(api: Any, published: Any) -> None:
    lease_number = published.number[:6] + "4" + published.number[7:]

    assert api.refused("get_public_lease", number=published.number)[0] == 404
    assert api.refused("get_public_tender", number=lease_number)[0] == 404
    assert api.refused("get_public_tender", number="14480459999999")[0] == 404


def test_the_asker_reads_by_the_number_of_the_question_why_it_was_dismissed(
    api: Any, published: Any
) -> None:
    number = published.number
    asked = api.ask("ask_tender_question", {"question": "هل تشمل الري؟"}, number=number)
    before = api.ask("get_public_question", **asked)
    officer = {"organisation_kind": "affiliated_municipality", "municipality": "saihat"}
    api.ask(
        *("dismiss_tender_question", {"reason": "repeated"}),
        claims=officer,
        tender_id=published.tender_id,
        **asked,
    )
    after = api.ask("get_public_question", **asked)

    assert (before["status"], before["dismissal"]) == ("waiting", None)
    assert (after["status"], after["dismissal"]["reason"]) == ("dismissed", "repeated")
    assert after["dismissal"]["title"]["ar"] == "أُجيب عن هذا السؤال من قبل."
    assert "هل تشمل الري" not in str(before) + str(after)
    assert api.ask("get_public_tender", number=number)["questions"] == []
    assert api.refused("get_public_question", question_id=published.tender_id)[0] == 404


def test_a_question_that_nobody_answered_before_the_opening_waits_no_longer(
    session: Any, api: Any
) -> None:
    row = bring(session, Tender, "published")
    question = Question(
        question_id=new_id(), offering_id=row.tender_id, asked="هل تشمل الري؟", asked_at=NOW
    )
    session.add(question)
    session.flush()
    officer = {"organisation_kind": "affiliated_municipality", "municipality": row.municipality}

    def read() -> tuple[str, int]:
        asked = api.ask("get_public_question", question_id=question.question_id)
        (listed,) = api.ask("list_tenders", claims=officer)["items"]
        return asked["status"], listed["questions_waiting"]

    before = read()
    row.status = "opened"
    session.flush()

    assert before == ("waiting", 1)
    assert read() == ("unanswered", 0)


def test_a_question_is_published_with_its_answer_only(api: Any, published: Any) -> None:
    number = published.number
    asked = api.ask("ask_tender_question", {"question": "هل تشمل الصيانة الري؟"}, number=number)
    before = api.ask("get_public_tender", number=number)["questions"]
    answer = {"question": "هل تشمل الري؟", "answer": "نعم."}
    api.ask(
        "answer_tender_question",
        answer,
        tender_id=published.tender_id,
        question_id=asked["question_id"],
    )

    (shown,) = api.ask("get_public_tender", number=number)["questions"]

    assert before == []
    assert {name: shown[name] for name in answer} == answer


def test_a_mobile_follows_with_a_code_and_leaves_with_one_tap(
    session: Any, api: Any, codes: Any, published: Any
) -> None:
    followed = follow(api, codes, published.number)
    token = session.query(Follower).one().contact["token"]

    seen = api.send("show_following", token=token)
    still = session.query(Follower).count()
    left = api.send("end_following", {"action": "leave"}, token=token)
    again = api.send("end_following", {"action": "leave"}, token=token)

    assert (followed.status_code, seen.status_code, left.status_code, again.status_code) == (
        *(201, 200, 200, 404),
    )
    assert (still, session.query(Follower).count()) == (1, 0)
    assert "إيقاف الرسائل" in seen.text


def test_the_answers_are_the_same_for_a_mobile_that_follows_already(
    api: Any, codes: Any, published: Any
) -> None:
    first = follow(api, codes, published.number)
    second = follow(api, codes, published.number, OTHER_MOBILE)

    assert first.json() == second.json() == {"number": published.number}


def test_a_wrong_code_lets_nobody_follow(
    session: Any, api: Any, codes: Any, published: Any
) -> None:
    who = {"number": published.number, "mobile": MOBILE}
    api.ask("request_follow_code", who)
    wrong = f"{(int(codes()[-1]) + 1) % 1_000_000:06}"

    refused = api.refused("follow", {**who, "code": wrong})

    assert refused == (422, "code-not-right")
    assert session.query(Follower).count() == 0


def test_a_code_is_good_for_its_own_tender(
    session: Any, api: Any, codes: Any, published: Any
) -> None:
    other = bring(session, Tender, "published", now=datetime.now(UTC))
    api.ask("request_follow_code", {"number": published.number, "mobile": MOBILE})

    body = {"number": other.number, "mobile": MOBILE, "code": codes()[-1]}

    assert api.refused("follow", body) == (409, "code-over")


def test_nobody_follows_a_draft_or_what_is_settled(session: Any, api: Any, tender: Any) -> None:
    settled = tender("contracted")

    for number in (settled.number, "14480459999999"):
        refused = api.refused("request_follow_code", {"number": number, "mobile": MOBILE})
        assert refused == (404, "not-found")


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_code_that_was_sent_before_the_settlement_lets_nobody_follow(
    session: Any, api: Any, codes: Any, published: Any, is_forgotten: bool
) -> None:
    now = datetime.now(UTC)
    who = {"number": published.number, "mobile": MOBILE}
    api.ask("request_follow_code", who)
    key = published.tender_id
    awards.cancel_offering(work(session, PREPARER, now), Tender, key, CANCELLATION)
    if is_forgotten:
        forgotten = retention.forget_followers(work(session, RETENTION, now), before=now + DAY)
        assert forgotten == 1
    session.expire_all()

    refused = api.refused("follow", {**who, "code": codes()[-1]})

    assert refused == (404, "not-found")
    assert session.query(Follower).count() == 0


def test_a_mobile_that_is_none_is_named(api: Any, published: Any) -> None:
    body = {"number": published.number, "mobile": "0138552222"}

    assert api.refused("request_follow_code", body) == (400, "invalid-request")


@pytest.mark.parametrize("path", ["/f/nothing-of-ours", "/f/"])
def test_an_unknown_link_is_answered_as_a_page(client: Any, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("query", "refused", "wrong_link"),
    [
        ("", "لم يُقبل ما أرسلتموه", "الرابط غير صحيح"),
        ("?lang=en", "The form was not accepted", "The link is not right"),
    ],
)
def test_a_refused_form_does_not_blame_the_link(
    client: Any, query: str, refused: str, wrong_link: str
) -> None:
    answer = client.post(f"/f/{'A' * 22}{query}", data={"action": "dance"})

    assert answer.status_code == 400
    assert refused in answer.text
    assert wrong_link not in answer.text


def test_the_feed_is_atom_and_names_the_newest_first(session: Any, client: Any) -> None:
    now = datetime.now(UTC)
    first = bring(session, Tender, "published", now=now)
    second = bring(session, Lease, "published", now=now.replace(microsecond=999_999))

    answer = client.get("/v1/public/tenders-and-leases.atom")
    feed = Xml.fromstring(answer.content)

    ids = [one.findtext(f"{ATOM}id") for one in feed.findall(f"{ATOM}entry")]
    assert ids == [f"urn:uuid:{second.lease_id}", f"urn:uuid:{first.tender_id}"]
    assert feed.findtext(f"{ATOM}updated")
    assert answer.headers["content-type"].startswith("application/atom+xml")
