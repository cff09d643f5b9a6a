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
from portal import queries
from portal.api import areas
from portal.api.asking import service_of, token_of
from portal.api.desk.reports.views import choices
from portal.commands import sessions
from portal.domain import report_referrals
from portal.domain.sessions import is_worn_out
from portal.outside.services import ServiceAway, TokenRefused

PATH = "/desk/referrals"
# The form was sent twice at once, and the other one refers this report.
_IN_PROGRESS = "idempotency-key-in-use"


def submit_choice(visit: Visit) -> flask.Response:
    """POST /desk/referrals: keeps the reports that were chosen in a list, and leads to the page that refers them."""
    chosen = report_referrals.read_chosen(visit.form.getlist("chosen"))
    kept = report_referrals.begin_referral(chosen, str(uuid4()))
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, PATH, kept, visit.now)
    return visit.see_other(f"{PATH}/{key}")


def show_referral(visit: Visit, form: str) -> flask.Response:
    """GET /desk/referrals/{form}: the chosen reports, where they go, and the result of each."""
    return _render(visit, form, _require_referral(visit, form))


def submit_referral(visit: Visit, form: str) -> flask.Response:
    """POST /desk/referrals/{form}: refers each report of which no result is known. The words of the first try stay: a
    call may have arrived whose answer got lost."""
    referral = _require_referral(visit, form)
    if not referral["is_sent"]:
        referral |= {name: visit.form.get(name, "").strip() for name in ("department", "note")}
    try:
        if not is_worn_out(visit.known.caller.expires_at, visit.now):
            referral["is_sent"] = True
            _refer_each(visit, referral)
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    except ServiceAway:
        return _render(visit, form, referral, is_away=True, status=503)
    finally:
        with visit.process.database.transaction() as session:
            sessions.add_to_form(session, visit.known.session_id, form, referral)
    return visit.see_other(f"{PATH}/{form}")


def _refer_each(visit: Visit, referral: dict[str, Any]) -> None:
    """Notes the outcome of each report: empty, or the words of the refusal. Raises ServiceAway and TokenRefused."""
    for one in report_referrals.list_open(referral):
        reply = service_of(visit).post(
            token_of(visit),
            f"/v1/reports/{one['id']}/refer",
            visit.language,
            report_referrals.body_of(referral),
            once=f"{referral['key']}:{one['id']}",
            version=one["version"],
        )
        if reply.problem_name == _IN_PROGRESS:
            continue
        refusal = reply.document.get("detail") or reply.document.get("title") or ""
        referral["outcomes"][one["id"]] = str(refusal) if reply.is_problem else ""


def _require_referral(visit: Visit, form: str) -> dict[str, Any]:
    """Returns what was chosen in this session. Raises Problem for what another session chose, or nobody."""
    with visit.process.database.transaction() as session:
        found = queries.saved_form(session, visit.known.session_id, form, PATH)
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
