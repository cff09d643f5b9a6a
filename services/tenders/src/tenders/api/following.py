"""The page behind the link of a follower's texts: one button ends the texts. Looking changes nothing, because phones
and scanners fetch links by themselves."""

from pathlib import Path
from typing import Any

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import ErrorRequest, Problem
from pages.link_pages import Answer, LinkPages, asked_language, explain_trouble
from saudi.bilingual import Bilingual
from tenders import queries
from tenders.api.views import Body
from tenders.commands import followers
from tenders.context import Call
from tenders.domain.actors import VISITOR

PAGES = LinkPages("tenders", [Path(__file__).parent / "templates" / "texts.json"])
FOLLOWS = Bilingual(
    "تصلكم رسائل نصية عن هذه المنافسة أو المزايدة.", "You get texts about this tender or lease."
)
ENDED = Bilingual(
    "لن تصلكم رسائل عنها بعد الآن، وحُذف رقم جوالكم.",
    "You get no more texts about it, and your mobile is deleted.",
)
UNKNOWN = Bilingual(
    "الرابط غير صحيح، أو أُوقفت المتابعة من قبل.",
    "The link is not right, or the texts were ended before.",
)


def show_following(call: Call, token: str, lang: str | None = None) -> Answer:
    if not queries.is_followed(call.session, token):
        return _page(UNKNOWN, lang, 404)
    return _page(FOLLOWS, lang, 200, follows=True)


def end_following(call: Call, token: str, body: Body, lang: str | None = None) -> Answer:
    try:
        followers.end_following(UnitOfWork.of(call, VISITOR), token)
    except NotFound:
        return _page(UNKNOWN, lang, 404)
    return _page(ENDED, lang, 200)


def show_trouble(problem: Problem, asked: ErrorRequest) -> Answer:
    """Returns the page for a request that no operation answered."""
    told = explain_trouble(problem, asked, unknown=UNKNOWN)
    return _page(told, asked_language(asked), problem.status, headers=problem.headers)


def _page(told: Bilingual, language: str | None, status: int, **shown: Any) -> Answer:
    """`shown`: `follows`, whether the page has the button that ends the texts, and `headers` of the answer."""
    shown = {"follows": False, "told_tone": "success" if status < 400 else "error", **shown}
    return PAGES.show("following.html", language, status=status, told=told, **shown)
