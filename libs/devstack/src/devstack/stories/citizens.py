"""The story of a shop owner in `make demo`: she signs in with the national login, names a delegate, he applies for her
shop and pays, and when she ends it, he sees nothing of it any more."""

from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from devstack.journeys.visitor import MARK, TIMEOUT_S, Visitor, awaited, json_of
from devstack.machine import StartError, say
from devstack.token import Session
from saudi.bidi import isolate

OWNER, DELEGATE = "citizen.a", "citizen.b"
# The commercial register's stand-in says by its digits that it's citizen.a's.
SHOP = "7000000013"
LAUNDRY = "960111"


class CitizensStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._description = description
        self._identity = description["services"]["identity"]["url"]
        self._licences = f"{description['services']['licences']['url']}/v1/my"
        self._visitor = Visitor(description)
        self._owner = Session(description, OWNER, "identity")
        self._people = {one["username"]: one for one in description["citizens"]}

    def tell(self) -> None:
        """Tells the whole story."""
        say(
            "\n▌ صاحبة محل تدخل بالنفاذ الوطني · a shop owner signs in with the national login (a stand-in)"
        )
        delegation = self._name_delegate()
        delegate = Session(self._description, DELEGATE, "licences")
        application = self._apply(delegate)
        self._pay(delegate, application)
        self._print(delegate, application)
        self._end_delegation(delegation, application)

    def _name_delegate(self) -> str:
        until = (datetime.now(UTC) + timedelta(days=90)).isoformat()
        body = {
            "delegate": {"id_number": self._people[DELEGATE]["id_number"]},
            "unified_number": SHOP,
            "until": until,
        }
        url = f"{self._identity}/v1/my/delegations"
        made = json_of(self._send(self._owner, url, body), 201)
        say(
            f"  فوضت {isolate(made['delegate']['id_number'])} عن {isolate(SHOP)} · named a delegate"
        )
        return str(made["delegation_id"])

    def _apply(self, delegate: Session) -> dict[str, Any]:
        url = f"{self._licences}/licence-applications"
        made: dict[str, Any] = json_of(self._send(delegate, url, self._body()), 201)
        say(f"  قدم المفوض الطلب {isolate(made['application_no'])} · the delegate applied")
        return made

    def _body(self) -> dict[str, Any]:
        owner = self._people[OWNER]
        return {
            "kind": "shop",
            "activities": [{"code": LAUNDRY, "main": True}],
            "years": 1,
            "establishment": {
                "unified_number": SHOP,
                "trade_name": {"ar": f"مغسلة النخيل {MARK}", "en": None},
                "size": "micro",
            },
            "owner": {
                "name": owner["display_name"],
                "id_type": "national_id",
                "id_number": owner["id_number"],
                "mobile": "0500000016",
                "language": "ar",
            },
            "area_m2": 40,
            "place": {
                "town": "سيهات",
                "district": "الكوثر",
                "latitude": 26.4834,
                "longitude": 50.0468,
            },
            "lease": {
                "ejar_no": "20000007501",
                "starts_on": "2026-01-01",
                "ends_on": "2028-12-31",
            },
            "workers": 1,
        }

    def _pay(self, delegate: Session, application: dict[str, Any]) -> None:
        url = f"{self._licences}/licence-applications/{application['application_id']}"
        bill = awaited("the application has no bill", lambda: self._bill(delegate, url))
        self._visitor.pay(bill)
        issued = awaited(
            "the paid application isn't issued", lambda: self._issued_licence(delegate, url)
        )
        application["licence_no"] = issued
        say(f"  فاتورة {isolate(bill)} سُددت، والرخصة {isolate(issued)} · paid and issued")

    def _bill(self, delegate: Session, url: str) -> str | None:
        answer = self._get(delegate, f"{url}/bill")
        return answer.json().get("bill_number") if answer.ok else None

    def _issued_licence(self, delegate: Session, url: str) -> str | None:
        found = json_of(self._get(delegate, url), 200)
        return found["licence_no"] if found["status"] == "issued" else None

    def _print(self, delegate: Session, application: dict[str, Any]) -> None:
        url = f"{self._licences}/licences/{application['licence_no']}/document"
        answer = self._get(delegate, url)
        if not answer.content.startswith(b"%PDF"):
            raise StartError(f"the document was answered with {answer.status_code}")
        say(f"  الوثيقة · the document: {len(answer.content)} bytes of PDF")

    def _end_delegation(self, delegation: str, application: dict[str, Any]) -> None:
        place = f"{self._licences}/licence-applications/{application['application_id']}"
        url = f"{self._identity}/v1/my/delegations/{delegation}/end"
        json_of(self._send(self._owner, url, {"reason": "انتهى العمل (بيانات تجريبية)"}), 200)
        answer = self._get(Session(self._description, DELEGATE, "licences"), place)
        if answer.status_code != requests.codes.not_found:
            raise StartError(f"a former delegate was answered with {answer.status_code}")
        say(
            f"  أنهت التفويض، فلا يراه · ended, and he sees it no more: 404 {answer.json()['title']}"
        )

    def _send(self, who: Session, url: str, body: dict[str, Any]) -> requests.Response:
        headers = who.headers("POST", url)
        return requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)

    def _get(self, who: Session, url: str) -> requests.Response:
        return requests.get(url, headers=who.headers("GET", url), timeout=TIMEOUT_S)
