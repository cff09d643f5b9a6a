"""The pages behind the link of a closing text, and of a question. Looking changes nothing; the button reopens the
report, once, sends the reporter's rating, or sends the answer to the question."""

from chassis.core.link_tokens import hash_token
from chassis.core.refusals import IllegalTransition, NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import attachment_of
from pages.link_pages import Answer
from reports import queries
from reports.api import pages
from reports.api.edge import Body
from reports.api.pages import Page, Treatment
from reports.commands import ending, photos, referral
from reports.context import Call
from reports.domain.actors import REPORTER
from reports.domain.reports import (
    ENDED,
    STATUS_TITLES,
    RatedBefore,
    RatingTooEarly,
    ReopenedTooOften,
    ReopeningClosed,
    Status,
)
from reports.events import report_state
from reports.models import NotSolvedToken, Report
from saudi.bilingual import Bilingual
from saudi.days import legal_day


def show_not_solved(call: Call, token: str, lang: str | None = None) -> Answer:
    if question := _find_question(call, token):
        return _show_question(question, _page_of_question(call, question), lang)
    return _answer_not_solved(call, token, lang)


def say_not_solved(
    call: Call, token: str, body: Body | None = None, lang: str | None = None
) -> Answer:
    work, text = UnitOfWork.of(call, REPORTER), (body or {}).get("text")
    if question := _find_question(call, token):
        return _answer_question(call, question, token, text or "", lang)
    try:
        ending.reopen_by_token(work, token, text=text, rule=call.settings.reopening)
    except ReopenedTooOften:
        return pages.not_solved(Page.OFTEN, lang)
    except (NotFound, ReopeningClosed):
        call.session.expire_all()
    return _answer_not_solved(call, token, lang)


def show_treatment_photo(call: Call, token: str, attachment_id: str) -> Answer:
    """Answers with a picture of the treatment, while the link may reopen the report. Raises NotFound."""
    closing, row = queries.closing_of(call.session, hash_token(token))
    shown = queries.treatment_photos(call.session, row)
    if _choose_page(call, closing, row) is not Page.ASK or attachment_id not in {
        one.attachment_id for one in shown
    }:
        raise NotFound
    file = attachment_of(
        call.session, attachment_id, owner_type=photos.OWNER, owner_id=shown[0].report_id
    )
    if not file.media_type.startswith("image/"):
        raise NotFound
    return call.resources.files.answer(file, name=f"{row.report_number}-{attachment_id[-4:]}")


def show_rating(call: Call, token: str, lang: str | None = None) -> Answer:
    return _answer_rating(call, token, None, lang)


def rate_by_link(call: Call, token: str, body: Body, lang: str | None = None) -> Answer:
    return _answer_rating(call, token, body["stars"], lang)


def _answer_rating(call: Call, token: str, stars: int | None, language: str | None) -> Answer:
    """Answers with the page of stars; with `stars`, records the rating and answers with thanks."""
    try:
        closing, row = queries.closing_of(call.session, hash_token(token))
    except NotFound:
        return pages.not_solved(Page.UNKNOWN, language)
    page = _choose_page(call, closing, row)
    if page is Page.ASK:
        try:
            page = _rate(call, row, stars)
        except RatedBefore:
            page = Page.RATED_BEFORE
        except RatingTooEarly:  # reopened between the page and the click
            page = Page.REOPENED
    return pages.not_solved(page, language, number=row.report_number, about=_describe(row))


def _rate(call: Call, row: Report, stars: int | None) -> Page:
    if stars is None:
        return Page.RATE if row.satisfaction is None else Page.RATED_BEFORE
    ending.rate(UnitOfWork.of(call, REPORTER), row.report_id, stars=stars)
    return Page.RATED


Question = tuple[NotSolvedToken, Report]


def _find_question(call: Call, token: str) -> Question | None:
    """Returns the link of a question and its report; None for any other link."""
    try:
        link, row = queries.link_of(call.session, hash_token(token))
    except NotFound:
        return None
    return (link, row) if link.is_question else None


def _page_of_question(call: Call, question: Question) -> Page:
    link, row = question
    if row.status != Status.WAITING_REPORTER or link.used_at is not None:
        return Page.ANSWERED
    return Page.QUESTION if call.now <= link.expires_at else Page.QUESTION_OVER


def _answer_question(
    call: Call, question: Question, token: str, text: str, language: str | None
) -> Answer:
    """Records the answer. An empty answer shows the question again. A second answer changes nothing, and neither does
    an answer to a question that an officer has ended meanwhile."""
    page = _page_of_question(call, question)
    if page is Page.QUESTION:
        if not text.strip():
            return _show_question(question, Page.QUESTION_EMPTY, language)
        page = Page.ANSWER_TAKEN
        try:
            referral.answer_by_token(UnitOfWork.of(call, REPORTER), token, text=text)
        except (NotFound, IllegalTransition):
            call.session.expire_all()
            page = Page.ANSWERED
    return _show_question(question, page, language)


def _show_question(question: Question, page: Page, language: str | None) -> Answer:
    _, row = question
    asks = page in (Page.QUESTION, Page.QUESTION_EMPTY)
    return pages.not_solved(
        page,
        language,
        number=row.report_number,
        about=_describe(row),
        question=row.question if asks else None,
    )


def _answer_not_solved(call: Call, token: str, language: str | None) -> Answer:
    try:
        closing, row = queries.closing_of(call.session, hash_token(token))
    except NotFound:
        return pages.not_solved(Page.UNKNOWN, language)
    page = _choose_page(call, closing, row)
    asks = page is Page.ASK
    until = legal_day(closing.expires_at) if asks else None
    state = STATUS_TITLES[Status(row.status)] if page is Page.USED else None
    return pages.not_solved(
        page,
        language,
        number=row.report_number,
        about=_describe(row),
        token=token,
        until=until,
        state=state,
        treatment=_describe_treatment(call, row) if asks else None,
    )


def _describe_treatment(call: Call, row: Report) -> Treatment:
    """Returns what was done, and where, so that the reporter can say whether the problem is solved."""
    place = "، ".join(one for one in (row.landmark, row.district) if one)
    found = queries.treatment_photos(call.session, row)
    return Treatment(place, row.resolution or "", [one.attachment_id for one in found])


def _describe(row: Report) -> Bilingual:
    """Returns the type and the town, so that somebody with several reports recognises the report."""
    state = report_state(row.record())
    arabic, english = ("category_name", "place"), ("category_name_en", "place_en")
    return Bilingual(
        "، ".join(state[name] for name in arabic), ", ".join(state[name] for name in english)
    )


def _choose_page(call: Call, closing: NotSolvedToken, row: Report) -> Page:
    if row.status not in ENDED:
        return Page.REOPENED
    if closing.used_at is not None:  # the report was reopened and has ended again since
        return Page.USED
    if call.now > closing.expires_at:
        return Page.OVER
    return Page.ASK if row.reopen_count < call.settings.reopening.most else Page.OFTEN
