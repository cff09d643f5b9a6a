"""Refers several reports of a list at once, with a result for each.

What was chosen lies sealed with the session. Each report is referred by a call of its own, with a key and the version
that the list showed. So a form that is sent again, and one that broke off, refers no report twice.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import post
from portal.api.desk.reports.views import choices
from portal.commands import referrals
from portal.domain import report_referrals
from portal.domain.inputs import read_inputs
from portal.outside.services import Reply, ServiceAway, TokenRefused

PATH = "/desk/referrals"
# The form was sent twice at once, and the other one refers this report.
_IN_PROGRESS = "idempotency-key-in-use"


def submit_choice(visit: Visit) -> flask.Response:
    """POST /desk/referrals: keeps the reports that were chosen in a list, and leads to the page that refers them."""
    chosen = report_referrals.read_chosen(visit.form.getlist("chosen"))
    kept = report_referrals.begin_referral(chosen, str(uuid4()))
    key = saved_forms.save(visit, PATH, kept)
    return visit.see_other(f"{PATH}/{key}")


def show_referral(visit: Visit, form: str) -> flask.Response:
    """GET /desk/referrals/{form}: the chosen reports, where they go, and the result of each."""
    return _render(visit, form, _require_referral(visit, form))


def submit_referral(visit: Visit, form: str) -> flask.Response:
    """POST /desk/referrals/{form}: refers each report of which no outcome is known. The words of the first form that is
    sent stay, whoever else sends the form meanwhile."""
    _require_referral(visit, form)
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{PATH}/{form}")
    words = read_inputs(visit.form, ("department", "note"))
    with visit.process.database.transaction() as session:
        referral = referrals.fix_words(session, visit.known.session_id, form, words)
    if referral is None:
        raise Problem("not-found")
    try:
        _refer_each(visit, form, referral)
    except TokenRefused:
        return visit.see_other(f"{PATH}/{form}")
    except ServiceAway:
        return _render(visit, form, _require_referral(visit, form), is_away=True, status=503)
    return visit.see_other(f"{PATH}/{form}")


def _refer_each(visit: Visit, form: str, referral: Mapping[str, Any]) -> None:
    """Refers the reports, and keeps the outcome of each at once. Raises ServiceAway and TokenRefused."""
    for one in report_referrals.list_open(referral):
        reply = post(
            visit,
            f"/v1/reports/{one['id']}/refer",
            report_referrals.body_of(referral),
            once=f"{referral['key']}:{one['id']}",
            version=one["version"],
        )
        if _may_be_tried_again(reply):
            continue
        words = (
            saved_forms.words_of(reply) or visit.text("desk_referral_refused")
            if reply.is_problem
            else ""
        )
        outcome = {"ok": not reply.is_problem, "words": words}
        with visit.process.database.transaction() as session:
            referrals.keep_outcome(session, visit.known.session_id, form, one["id"], outcome)


def _may_be_tried_again(reply: Reply) -> bool:
    """Returns whether a refusal says nothing of the report: a limit, a fault of the service, the same form that is on
    its way."""
    return reply.problem_name == _IN_PROGRESS or reply.status == 429 or reply.status >= 500


def _require_referral(visit: Visit, form: str) -> dict[str, Any]:
    """Returns what was chosen in this session. Raises Problem for what another session chose, or nobody."""
    found = saved_forms.read_by_id(visit, PATH, form)
    if found is None or "chosen" not in found:
        raise Problem("not-found")
    return {**found, "outcomes": dict(found["outcomes"])}


def _render(
    visit: Visit,
    form: str,
    referral: Mapping[str, Any],
    *,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return visit.render(
        "desk_referrals.html",
        status=status,
        address=f"{PATH}/{form}",
        referral=referral,
        open_count=len(report_referrals.list_open(referral)),
        departments=choices("departments", visit.language),
        is_away=is_away,
    )
