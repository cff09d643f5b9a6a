"""The story of a tender and a lease in `make demo`: both are published, a person follows the lease by SMS, its deadline
moves, bids stay sealed, the tender is cancelled; and the open contracting data of both."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests

from devstack.journeys.visitor import MARK, TIMEOUT_S, Body, Visitor, awaited, json_of, new_key
from devstack.machine import StartError, say
from saudi.bidi import isolate

PREPARER, CLERK, OPENER = "qatif.officer", "qatif.clerk", "qatif.deputy"
SERVICE = "tenders"
LEASE_FOLLOWER, TENDER_FOLLOWER = "0500000073", "0500000074"
_CODE = re.compile(r"\b[0-9]{6}\b", re.ASCII)
REASON = {"ar": f"بطلب المزايدين {MARK}", "en": "As bidders asked (sample data)"}
NEED_ENDED = {"ar": f"لم تعد الحاجة قائمة {MARK}", "en": "It is no longer needed (sample data)"}


class TendersStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._visitor = Visitor(description)
        self._now = datetime.now(UTC)

    def tell(self) -> None:
        """Tells the whole story."""
        tender = self._publish("tenders", self._tender())
        lease = self._publish("leases", self._lease())
        self._follow_offering(lease["number"], LEASE_FOLLOWER)
        self._follow_offering(tender["number"], TENDER_FOLLOWER)
        self._amend(lease)
        self._receive(lease)
        self._cancel(tender)
        self._tell_text(lease["number"], LEASE_FOLLOWER)
        self._tell_text(tender["number"], TENDER_FOLLOWER)
        self._tell_open_data(tender["number"])

    def _terms(self, arabic: str, english: str) -> Body:
        words = {"ar": f"{arabic} {MARK}", "en": f"{english} (sample data)"}
        return {
            "municipality": "saihat",
            "title": words,
            "description": words,
            "booklet_price": "500.00",
            "guarantee_percent": 25,
            "questions_until": self._after(5),
            "bids_until": self._after(10),
            "opens_at": self._after(11),
        }

    def _after(self, days: int) -> str:
        return (self._now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _tender(self) -> Body:
        return {
            **self._terms("صيانة حديقة الحي", "Maintenance of a garden"),
            "category": "works",
            "method": "open",
            "estimate": "1250000.00",
        }

    def _lease(self) -> Body:
        return {
            **self._terms("تأجير كشك على الكورنيش", "Lease of a kiosk at the corniche"),
            "kind": "temporary",
            "activity": {"ar": "مقهى", "en": "Coffee shop"},
            "site": {"district": "الكورنيش", "plan": "352/3"},
            "area_m2": 24.5,
            "term_days": 90,
            "minimum_rent": "50000.00",
        }

    def _publish(self, kind: str, terms: Body) -> Body:
        draft = self._post(PREPARER, f"/v1/{kind}", terms, 201)
        key = draft["tender_id" if kind == "tenders" else "lease_id"]
        made = self._post(PREPARER, f"/v1/{kind}/{key}/publish", None, 200)
        say(f"\n▌ {isolate(made['number'])}  {made['status_title']['ar']}  {made['title']['ar']}")
        return made

    def _follow_offering(self, number: str, mobile: str) -> None:
        """Follows with a one-time code."""
        url, who = f"{self._visitor.url(SERVICE)}/v1/public", {"number": number, "mobile": mobile}
        json_of(requests.post(f"{url}/follow-codes", json=who, timeout=TIMEOUT_S), 202)
        code = awaited("no text with a code came", partial(self._code, mobile))
        body = {**who, "code": code}
        json_of(requests.post(f"{url}/followings", json=body, timeout=TIMEOUT_S), 201)
        say(f"  متابعة برسائل نصية · followed by SMS: {isolate('…' + mobile[-3:])}")

    def _code(self, mobile: str) -> str | None:
        texts = self._visitor.texts(mobile, "رمز التحقق")
        found = (_CODE.search(text) for text in texts)
        return next((one.group() for one in found if one), None)

    def _amend(self, lease: Body) -> None:
        path = f"/v1/leases/{lease['lease_id']}/amend"
        body = {"reason": REASON, "bids_until": self._after(20), "opens_at": self._after(21)}
        made = self._post(PREPARER, path, body, 200)
        say(f"  تعديل الموعد، الإصدار {made['edition']} · the deadline moved, edition 2")

    def _receive(self, lease: Body) -> None:
        path = f"/v1/leases/{lease['lease_id']}"
        for number, source in (("F-101", "furas"), ("7", "paper")):
            bid = {"receipt_number": number, "source": source}
            self._post(CLERK, f"{path}/bids", bid, 201)
        opening = {"minutes_number": "م-1", "bids": []}
        refused = self._visitor.post(OPENER, f"{path}/open", opening, SERVICE).status_code
        shown = requests.get(f"{self._url()}/v1/public/leases/{lease['number']}", timeout=TIMEOUT_S)
        if refused != 409 or json_of(shown, 200)["bids_count"] is not None:
            raise StartError("sealed bids were opened or told")
        say("  عرضان مختومان لا يعلم عنهما أحد قبل الفتح · two sealed bids, told to nobody")

    def _cancel(self, tender: Body) -> None:
        body = {"code": "need-ended", "reason": NEED_ENDED}
        made = self._post(PREPARER, f"/v1/tenders/{tender['tender_id']}/cancel", body, 200)
        say(f"▌ {isolate(made['number'])}  {made['status_title']['ar']}: {NEED_ENDED['ar']}")

    def _tell_text(self, number: str, mobile: str) -> None:
        text = awaited(f"no text about {number} came", partial(self._text, number, mobile))
        say(f"  {isolate('…' + mobile[-3:])}  {text}")

    def _text(self, number: str, mobile: str) -> str | None:
        return next(iter(self._visitor.texts(mobile, number)), None)

    def _tell_open_data(self, number: str) -> None:
        answer = requests.get(f"{self._url()}/ocds/records.json", timeout=TIMEOUT_S)
        records = json_of(answer, 200)["records"]
        (record,) = [one for one in records if one["ocid"].endswith(number)]
        tags = [tag for one in record["releases"] for tag in one["tag"]]
        say(f"▌ OCDS 1.1.5: {record['ocid']}  {' → '.join(tags)}")

    def _url(self) -> str:
        return self._visitor.url(SERVICE)

    def _post(self, who: str, path: str, body: Body | None, expected: int) -> Body:
        answer = self._visitor.post(who, path, body, SERVICE, headers=new_key())
        made: Body = json_of(answer, expected)
        return made
