"""The story of licences in `make demo`: three affiliated municipalities submit through the gateway, the system decides,
bills and issues without a hand, a fact arrives later, one application is refused, and nobody sees another's."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import requests

from devstack.machine import StartError, say
from devstack.reports_story import MARK, TIMEOUT_S, awaited, json_of
from devstack.token import Session
from saudi.bidi import isolate
from saudi.ids import with_check_digit

SYSTEMS = ("safwa-system", "saihat-system", "tarout-system")
TOWNS = {
    "safwa-system": ("صفوى", "الروابي", 26.6634, 49.9616),
    "saihat-system": ("سيهات", "الكوثر", 26.4834, 50.0468),
    "tarout-system": ("تاروت", "الربيعية", 26.5711, 50.0727),
}
LAUNDRY, GREENGROCER, PLUMBER = "960111", "472120", "432210"
_BILL = re.compile(r"\b[0-9]{8,20}\b", re.ASCII)


class LicencesStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._url = description["services"]["partner-gateway"]["url"]
        self._bills = description["bill_provider"]
        self._bodies = description["outside_bodies"]
        self._ledger = description["sms_provider"]["ledger"]
        self._who = {name: Session(description, name) for name in SYSTEMS}

    def tell(self) -> None:
        """The whole story."""
        self.issued_in_the_answer()
        billed = self.billed_and_paid()
        self.decided_when_its_fact_arrives()
        self.refused()
        self.foreign(billed)
        self.feed("safwa-system", {billed["application_id"]})

    def issued_in_the_answer(self) -> None:
        """A trade without a fee: `Prefer: wait` answers with the licence."""
        body = {**_person("tarout-system", 71), "kind": "professional", "years": 3}
        body |= {"activities": [{"code": PLUMBER, "main": True}], "area_m2": 0, "workers": 0}
        state = self._submit("tarout-system", body, "issued")
        say(f"\n▌ رخصة فورية بلا رسم · issued at once, without a fee: {_shown(state)}")

    def billed_and_paid(self) -> dict[str, Any]:
        """An immediate licence with a fee: the bill's number comes by text, the payer pays, the licence is issued."""
        state = self._submit("safwa-system", _shop("safwa-system", 72, LAUNDRY), "awaiting_payment")
        say(f"▌ رخصة فورية برسم · an immediate licence with a fee: {_shown(state)}")
        return self._paid("safwa-system", state, 72)

    def decided_when_its_fact_arrives(self) -> None:
        """The civil defence hasn't issued the certificate yet; when it has, nobody asks again."""
        certificate = "990000738"
        body = _shop("saihat-system", 73, GREENGROCER)
        body["safety_certificate"] = {"number": certificate, "expires_on": "2027-10-31"}
        state = self._submit("saihat-system", body, "waiting")
        say(f"▌ تنتظر شهادة الدفاع المدني · waits for {state['waits_for']}: {_shown(state)}")
        issued = {"expires_on": "2027-10-31"}
        fact = {"body": "civil-defence", "number": certificate, "values": issued}
        json_of(requests.post(self._bodies["records"], json=fact, timeout=TIMEOUT_S), 200)
        say("  الدفاع المدني أصدر الشهادة · the civil defence has issued it")
        self._paid("saihat-system", state, 73)

    def refused(self) -> None:
        """The lease is of eleven months: refused, with its reason."""
        body = _shop("safwa-system", 74, LAUNDRY)
        body["lease"] = {**body["lease"], "ejar_no": "20000007407"}
        state = self._submit("safwa-system", body, "refused")
        say(f"▌ مرفوض ومعلل · refused, with its reasons: {_shown(state)}")
        for line in _unsatisfied(state):
            say(f"  {line}")

    def foreign(self, state: dict[str, Any]) -> None:
        """Another municipality asks for it."""
        url = f"{self._url}/v1/licence-applications/{state['application_id']}"
        headers = self._who["saihat-system"].headers("GET", url)
        answer = requests.get(url, headers=headers, timeout=TIMEOUT_S)
        if answer.status_code != requests.codes.not_found:
            raise StartError(f"a foreign application was answered with {answer.status_code}")
        say(f"▌ بلدية أخرى تسأل عنه · another municipality asks: 404 {answer.json()['title']}")

    def feed(self, who: str, subjects: set[str]) -> None:
        """What the municipality's system hears of these, in order."""
        say(f"▌ ما تسمعه {isolate(who)} · its change feed")
        url = f"{self._url}/v1/events"
        after: str | None = None
        while True:
            asked = {"after": after} if after else {}
            headers = self._who[who].headers("GET", url)
            answer = requests.get(url, params=asked, headers=headers, timeout=TIMEOUT_S)
            page = json_of(answer, 200)
            for event in page["items"]:
                if event["subject"] in subjects:
                    say(f"  {event['time']}  {event['type'].removeprefix('sa.gov.qatif.')}")
            if not page["items"]:
                return
            after = page["next_cursor"]

    def _paid(self, who: str, state: dict[str, Any], number: int) -> dict[str, Any]:
        bill = awaited("no text with a bill's number came", lambda: self._bill_of(_mobile(number)))
        paid = {"bill_number": bill}
        json_of(requests.post(self._bills["pay"], json=paid, timeout=TIMEOUT_S), 200)
        say(f"  فاتورة {isolate(bill)} سُددت · the bill was paid")
        issued = awaited(
            "the paid application isn't issued", lambda: self._in_state(who, state, "issued")
        )
        say(f"  {_shown(issued)}")
        return issued

    def _in_state(self, who: str, state: dict[str, Any], status: str) -> dict[str, Any] | None:
        url = f"{self._url}/v1/licence-applications/{state['application_id']}"
        answer = requests.get(url, headers=self._who[who].headers("GET", url), timeout=TIMEOUT_S)
        found: dict[str, Any] = json_of(answer, 200)
        return found if found["status"] == status else None

    def _bill_of(self, mobile: str) -> str | None:
        sent = json_of(requests.get(self._ledger, timeout=TIMEOUT_S), 200)
        texts = [one["text"] for one in sent if str(one["recipient"])[-9:] == mobile[-9:]]
        bills = json_of(requests.get(self._bills["ledger"], timeout=TIMEOUT_S), 200)
        known = {one["bill_number"] for one in bills["bills"] if one["status"] == "open"}
        return next((n for text in texts for n in _BILL.findall(text) if n in known), None)

    def _submit(self, who: str, body: dict[str, Any], status: str) -> dict[str, Any]:
        """Sent with `Prefer: wait`; the application once it's in the state."""
        url = f"{self._url}/v1/licence-applications"
        own = {"Idempotency-Key": str(uuid4()), "Prefer": "wait=10"}
        headers = {**self._who[who].headers("POST", url), **own}
        answer = requests.post(url, json=body, headers=headers, timeout=2 * TIMEOUT_S)
        sent = json_of(answer, 200, 202)
        known: dict[str, Any] = sent.get("application", sent)
        if answer.status_code == requests.codes.ok and known["status"] == status:
            say(f"\n  Prefer: wait → {answer.status_code} {status}")
            return known
        return awaited(
            f"the application isn't {status}", lambda: self._in_state(who, known, status)
        )


def _person(who: str, number: int) -> dict[str, Any]:
    town, district, latitude, longitude = TOWNS[who]
    owner = {"name": f"مالك {number} {MARK}", "id_type": "national_id", "language": "ar"}
    owner |= {"id_number": with_check_digit(f"1{number:08}"), "mobile": _mobile(number)}
    place = {"town": town, "district": district, "latitude": latitude, "longitude": longitude}
    return {"owner": owner, "place": place}


def _shop(who: str, number: int, activity: str) -> dict[str, Any]:
    trade_name = {"ar": f"محل {number} {MARK}", "en": None}
    unified = f"7{number:08}0"
    return {
        **_person(who, number),
        "kind": "shop",
        "activities": [{"code": activity, "main": True}],
        "years": 1,
        "establishment": {"unified_number": unified, "trade_name": trade_name, "size": "micro"},
        "area_m2": 45,
        "lease": {"ejar_no": f"2000000{number}01", "starts_on": "2026-01-01", "ends_on": "2028-12-31"},
        "workers": 2,
    }  # fmt: skip


def _mobile(number: int) -> str:
    return f"05000007{number:02}"


def _shown(state: dict[str, Any]) -> str:
    number = state.get("application_no") or ""
    licence = f"  رخصة {isolate(state['licence_no'])}" if state.get("licence_no") else ""
    return f"{isolate(number)}  {state['status']}{licence}"


def _unsatisfied(state: dict[str, Any]) -> Iterator[str]:
    """The conditions that weren't met, in words."""
    for one in (state.get("details") or {}).get("explanation", []):
        if one["satisfied"] is False:
            yield f"{one['code']}: {one['ar']} · {one['en']}"
