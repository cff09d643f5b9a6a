"""The story of licences in `make demo`: three affiliated municipalities submit through the gateway, the system decides,
bills and issues without a hand, a fact arrives later, one application is refused, and nobody sees another's."""

from collections.abc import Iterator

from devstack.journeys.licences import LicencesJourney
from devstack.journeys.visitor import MARK, Body
from devstack.machine import StartError, say
from saudi.bidi import isolate
from saudi.ids import with_check_digit

TOWNS = {
    "safwa-system": ("صفوى", "الروابي", 26.6634, 49.9616),
    "saihat-system": ("سيهات", "الكوثر", 26.4834, 50.0468),
    "tarout-system": ("تاروت", "الربيعية", 26.5711, 50.0727),
}
LAUNDRY, GREENGROCER, PLUMBER = "960111", "472120", "432210"


class LicencesStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: Body) -> None:
        self._journey = LicencesJourney(description)

    def tell(self) -> None:
        """Tells the whole story."""
        self._issue_in_the_answer()
        billed = self._bill_and_pay()
        self._decide_when_the_fact_arrives()
        self._refuse()
        self._ask_from_another_municipality(billed)
        self._listen("safwa-system", {billed["application_id"]})

    def _issue_in_the_answer(self) -> None:
        """A trade without a fee: `Prefer: wait` answers with the licence."""
        body = {**_person("tarout-system", 71), "kind": "professional", "years": 3}
        body |= {"activities": [{"code": PLUMBER, "main": True}], "area_m2": 0, "workers": 0}
        state = self._submit("tarout-system", body, "issued")
        say(f"\n▌ رخصة فورية بلا رسم · issued at once, without a fee: {_line_of(state)}")

    def _bill_and_pay(self) -> Body:
        """An immediate licence with a fee: the bill's number comes by text, the payer pays, the licence is issued."""
        state = self._submit("safwa-system", _shop("safwa-system", 72, LAUNDRY), "awaiting_payment")
        say(f"▌ رخصة فورية برسم · an immediate licence with a fee: {_line_of(state)}")
        return self._pay("safwa-system", state, 72)

    def _decide_when_the_fact_arrives(self) -> None:
        """The civil defence hasn't issued the certificate yet. Once it's issued, nobody has to ask again."""
        certificate = "990000738"
        body = _shop("saihat-system", 73, GREENGROCER)
        body["safety_certificate"] = {"number": certificate, "expires_on": "2027-10-31"}
        state = self._submit("saihat-system", body, "waiting")
        say(f"▌ تنتظر شهادة الدفاع المدني · waits for {state['waits_for']}: {_line_of(state)}")
        self._journey.record_fact("civil-defence", certificate, {"expires_on": "2027-10-31"})
        say("  الدفاع المدني أصدر الشهادة · the civil defence has issued it")
        self._pay("saihat-system", state, 73)

    def _refuse(self) -> None:
        """A lease of eleven months is refused, with the reason."""
        body = _shop("safwa-system", 74, LAUNDRY)
        body["lease"] = {**body["lease"], "ejar_no": "20000007407"}
        state = self._submit("safwa-system", body, "refused")
        say(f"▌ مرفوض ومعلل · refused, with its reasons: {_line_of(state)}")
        for line in _unsatisfied(state):
            say(f"  {line}")

    def _ask_from_another_municipality(self, state: Body) -> None:
        answer = self._journey.application("saihat-system", state["application_id"])
        if answer.status_code != 404:
            raise StartError(f"a foreign application was answered with {answer.status_code}")
        say(f"▌ بلدية أخرى تسأل عنه · another municipality asks: 404 {answer.json()['title']}")

    def _listen(self, who: str, subjects: set[str]) -> None:
        say(f"▌ ما تسمعه {isolate(who)} · its change feed")
        for event in self._journey.events(who, subjects):
            say(f"  {event['time']}  {event['type'].removeprefix('sa.gov.qatif.')}")

    def _submit(self, who: str, body: Body, status: str) -> Body:
        """Submits with `Prefer: wait`. Returns the application once it's in the state."""
        found = self._journey.submit(who, body, prefer="wait=10")
        if found["status"] == status:
            say(f"\n  Prefer: wait → {status}")
            return found
        return self._journey.in_status(who, found["application_id"], status)

    def _pay(self, who: str, state: Body, number: int) -> Body:
        bill = self._journey.bill_by_text(_mobile(number))
        self._journey.pay(bill)
        say(f"  فاتورة {isolate(bill)} سُددت · the bill was paid")
        issued = self._journey.in_status(who, state["application_id"], "issued")
        say(f"  {_line_of(issued)}")
        return issued


def _person(who: str, number: int) -> Body:
    town, district, latitude, longitude = TOWNS[who]
    owner = {"name": f"مالك {number} {MARK}", "id_type": "national_id", "language": "ar"}
    owner |= {"id_number": with_check_digit(f"1{number:08}"), "mobile": _mobile(number)}
    place = {"town": town, "district": district, "latitude": latitude, "longitude": longitude}
    return {"owner": owner, "place": place}


def _shop(who: str, number: int, activity: str) -> Body:
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


def _line_of(state: Body) -> str:
    number = state.get("application_no") or ""
    licence = f"  رخصة {isolate(state['licence_no'])}" if state.get("licence_no") else ""
    return f"{isolate(number)}  {state['status']}{licence}"


def _unsatisfied(state: Body) -> Iterator[str]:
    """Yields the conditions that weren't met, in words."""
    for one in (state.get("details") or {}).get("explanation", []):
        if one["satisfied"] is False:
            yield f"{one['code']}: {one['ar']} · {one['en']}"
