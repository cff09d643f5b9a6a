"""Operations for everybody: what is published, questions, and following by SMS with a one-time code."""

from typing import Any

from chassis.core.refusals import read_field
from chassis.data.paging import PageRequest
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.codes import check_code, code_desk
from chassis.http.problems import Problem
from chassis.one_time_codes import CodeHolder
from saudi.mobiles import parse_mobile
from saudi.text import compact
from tenders import queries
from tenders.api.feed import feed_of
from tenders.api.views import (
    Body,
    Created,
    View,
    asked_question_view,
    page_view,
    public_summary,
    public_view,
)
from tenders.commands import followers, questions
from tenders.context import Call
from tenders.domain.actors import VISITOR
from tenders.lookups import get_published
from tenders.models import Lease, Tender
from tenders.queries import Search


def list_public_tenders(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    return _list(call, Tender, Search(**search), limit, cursor)


def list_public_leases(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    return _list(call, Lease, Search(**search), limit, cursor)


def _list(call: Call, model: Any, search: Search, limit: int, cursor: str | None) -> View:
    secret = call.settings.cursor_secret
    page = PageRequest(limit=limit, cursor=cursor, organisation="public", secret=secret)
    found = queries.list_published(call.session, model, search, page)
    return page_view([public_summary(row) for row in found.rows], found.next_cursor)


def get_public_tender(call: Call, number: str) -> View:
    return public_view(call.session, get_published(call.session, number, Tender))


def get_public_lease(call: Call, number: str) -> View:
    return public_view(call.session, get_published(call.session, number, Lease))


def ask_tender_question(call: Call, number: str, body: Body) -> Created:
    return _ask(call, get_published(call.session, number, Tender), body)


def ask_lease_question(call: Call, number: str, body: Body) -> Created:
    return _ask(call, get_published(call.session, number, Lease), body)


def _ask(call: Call, row: Any, body: Body) -> Created:
    question = questions.ask(UnitOfWork.of(call, VISITOR), row, text=body["question"])
    return {"question_id": question.question_id}, 202


def get_public_question(call: Call, question_id: str) -> View:
    return asked_question_view(*queries.get_question(call.session, question_id))


def request_follow_code(call: Call, body: Body) -> Created:
    work, desk = UnitOfWork.of(call, VISITOR), code_desk(call, "tenders")
    holder, language = holder_of(followers.FOLLOW, body), body.get("language", "ar")
    return followers.send_follow_code(work, desk, holder, language=language).record(), 202


def follow(call: Call, body: Body) -> Created | Problem:
    row = get_published(call.session, body["number"])
    holder, language = holder_of(followers.FOLLOW, body), body.get("language", "ar")
    if refused := check_code(call, "tenders", holder, compact(body["code"])):
        return refused
    work = UnitOfWork.of(call, VISITOR)
    followers.add_follower(work, row, mobile=holder.mobile, language=language)
    return {"number": row.number}, 201


def holder_of(purpose: str, body: Body) -> CodeHolder:
    """Returns what the code of a body proves: the mobile, for this offering. Raises InvalidFields."""
    return CodeHolder(purpose, body["number"], read_field("mobile", parse_mobile, body["mobile"]))


def get_feed(call: Call) -> tuple[bytes, int, dict[str, str]]:
    return feed_of(queries.newest_changes(call.session), call.settings.public_url)
