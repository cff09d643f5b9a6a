"""The story of health certificates in `make demo`: a new shop applies and waits for its workers' certificates; its
delegate asks for three, a medical centre enters what it found, and nobody but the worker learns who is unfit."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import requests

from devstack.journeys.visitor import MARK, TIMEOUT_S, Visitor, awaited, json_of
from devstack.machine import StartError, say
from devstack.paper_codes import code_on
from devstack.stories.building import today
from devstack.stories.citizens import DELEGATE, OWNER, SHOP
from devstack.token import Session
from documents.keys import KeySet
from documents.revocations import RevocationList
from documents.verifying import verify
from saudi.bidi import isolate
from saudi.days import legal_day
from saudi.ids import with_check_digit

GROCERY, SELLER, COURSE = "472110", "food-seller", "food-handlers"
SAFETY = "990000781"
CENTRE, CLERK, ISSUER = "saihat-centre-system", "saihat.clerk", "health-certs"
FIRST, UNFIT, LAST = 91, 92, 93  # the workers
# A white photo of 300 by 400 pixels.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000012c0000019001000000003c0e60d6000000484944415478daedcaa101"
    "00000c0220ff7f5a5f5858844c7a124dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3344dd3"
    "344dd3344dd3344dd3344dd3b4ef36c4532816d25b50350000000049454e44ae426082"
)
Body = dict[str, Any]
TEXTS_BEFORE_A_RESULT = 3  # the request's receipt, its bill, the payment


class HealthStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: Body) -> None:
        self._description = description
        urls = {name: one["url"] for name, one in description["services"].items()}
        self._identity, self._gateway = urls["identity"], urls["partner-gateway"]
        self._licences, self._health = f"{urls['licences']}/v1/my", urls["health-certs"]
        self._visitor = Visitor(description)
        self._people = {one["username"]: one for one in description["citizens"]}
        self._owner = Session(description, OWNER, "identity")
        self._clerk = Session(description, CLERK, ISSUER)
        self._centre = Session(description, CENTRE)

    def tell(self) -> None:
        """Tells the whole story."""
        say("\n▌ محل جديد وشهادات عماله الصحية · a new shop and its workers' health certificates")
        self._name_delegate()
        shop = Session(self._description, DELEGATE, "licences")
        delegate = Session(self._description, DELEGATE, ISSUER)
        application = self._apply(shop)
        asked = {
            one: self._request_certificate(delegate, application, one, first=one == FIRST)
            for one in (FIRST, UNFIT, LAST)
        }
        # Facts in three orders: the last one issues.
        self._pay_request(delegate, asked[FIRST])
        self._enter_course(asked[FIRST])
        self._enter_result(asked[FIRST], FIRST, "fit")
        first = self._await_certificate(delegate, asked[FIRST])
        self._pay_request(delegate, asked[UNFIT])
        self._enter_course(asked[UNFIT])
        self._enter_result(asked[UNFIT], UNFIT, "unfit")
        self._enter_result(asked[LAST], LAST, "fit")
        self._enter_course(asked[LAST])
        self._pay_request(delegate, asked[LAST])
        self._await_certificate(delegate, asked[LAST])
        self._pay_and_await_licence(shop, application)
        self._verify_certificate(delegate, first)
        self._check_secrecy(delegate, asked[UNFIT], asked[FIRST])

    def _name_delegate(self) -> None:
        """Names the delegate again: the story before ended the delegation."""
        until = (datetime.now(UTC) + timedelta(days=90)).isoformat()
        who = {"id_number": self._people[DELEGATE]["id_number"]}
        body = {"delegate": who, "unified_number": SHOP, "until": until}
        json_of(self._send(self._owner, f"{self._identity}/v1/my/delegations", body), 201)

    def _apply(self, shop: Session) -> Body:
        ends = {"expires_on": str(legal_day(datetime.now(UTC)) + timedelta(days=300))}
        self._visitor.record_fact("civil-defence", SAFETY, ends)
        url = f"{self._licences}/licence-applications"
        body = shop_of(self._people[OWNER], {"number": SAFETY, **ends})
        made: Body = json_of(self._send(shop, url, body), 201)
        at = f"{url}/{made['application_id']}"
        found = awaited("the shop waits for nothing", lambda: self._in_status(shop, at, "waiting"))
        number, waits = isolate(made["application_no"]), ", ".join(found["waits_for"])
        say(f"  طلب رخصة {number} ينتظر شهادات عامليه · the application waits for: {waits}")
        return {**made, "at": at}

    def _request_certificate(
        self, delegate: Session, application: Body, worker: int, *, first: bool
    ) -> Body:
        """Requests a worker's certificate. The `first` request waits until health-certs knows the application."""
        url = f"{self._health}/v1/my/health-certificate-requests"
        body = request_of(worker, application["application_no"], self._photo(delegate))

        def ask() -> Body | None:
            answer = self._send(delegate, url, body)
            if first and answer.status_code == requests.codes.bad_request:
                return None
            made: Body = json_of(answer, 201)
            return {**made, "at": f"{url}/{made['request_id']}"}

        made = awaited("the application isn't known to health-certs", ask)
        say(f"  العامل {worker}: طلب {isolate(made['request_no'])} · {made['status']}")
        return made

    def _photo(self, delegate: Session) -> str:
        url = f"{self._health}/v1/my/health-certificate-photos"
        answer = requests.post(
            url,
            files={"file": ("photo.png", PICTURE, "image/png")},
            headers=delegate.headers("POST", url),
            timeout=TIMEOUT_S,
        )
        return str(json_of(answer, 201)["attachment_id"])

    def _enter_course(self, request: Body) -> None:
        """Enters the course that the worker passed."""
        url = f"{self._health}/v1/health-certificate-requests/{request['request_id']}/education"
        body = {"course": COURSE, "language": "ur", "passed_on": today()}
        json_of(self._send(self._clerk, url, body), 200)

    def _pay_request(self, delegate: Session, request: Body) -> None:
        self._visitor.pay(
            awaited("the request has no bill", lambda: self._bill(delegate, request["at"]))
        )

    def _enter_result(self, request: Body, worker: int, result: str) -> None:
        """The centre finds the worker by both numbers, and enters the result; all that it sees is that it was recorded.
        What is said of it here is the same for both."""
        number = request["request_no"]
        awaited("the centre doesn't find the worker", lambda: self._find_worker(number, worker))
        url = f"{self._gateway}/v1/health-examinations/{number}/result"
        body = {"result": result, "examined_on": today(), "practice_number": "12-RM-0012345"}
        headers = {**self._centre.headers("PUT", url), "Idempotency-Key": str(uuid4())}
        json_of(requests.put(url, json=body, headers=headers, timeout=TIMEOUT_S), 202)
        awaited("the entry isn't answered", lambda: self._recorded_entry(url))
        say(f"  المركز أدخل فحص العامل {worker}، وما يراه: سُجلت · the centre sees: recorded")

    def _find_worker(self, number: str, worker: int) -> Body | None:
        url = f"{self._gateway}/v1/health-examination-searches"
        answer = self._send(self._centre, url, {"number": number, "id_number": id_of(worker)})
        if answer.status_code == requests.codes.not_found:
            return None
        found: Body = json_of(answer, 200)
        return found

    def _recorded_entry(self, url: str) -> Body | None:
        seen: Body = json_of(self._get(self._centre, url), 200)
        if seen["status"] == "refused":
            raise StartError(f"the entry was {seen['status']}: {seen}")
        return seen if seen["status"] == "accepted" else None

    def _await_certificate(self, delegate: Session, request: Body) -> str:
        at = request["at"]
        found = awaited("no certificate", lambda: self._in_status(delegate, at, "issued"))
        number = str(found["certificate_no"])
        say(f"  صدرت الشهادة {isolate(number)} آليًا · a certificate was issued by the system")
        return number

    def _pay_and_await_licence(self, shop: Session, application: Body) -> None:
        """Pays and awaits the licence, which waited for the second certificate."""
        at = application["at"]
        self._visitor.pay(awaited("the shop has no bill", lambda: self._bill(shop, at)))
        found = awaited("the shop has no licence", lambda: self._in_status(shop, at, "issued"))
        say(f"  والرخصة {isolate(found['licence_no'])} صدرت · and the licence is issued")

    def _verify_certificate(self, delegate: Session, certificate_no: str) -> None:
        pdf = self._get(
            delegate, f"{self._health}/v1/my/health-certificates/{certificate_no}/document"
        )
        if not pdf.content.startswith(b"%PDF"):
            raise StartError(f"the document was answered with {pdf.status_code}: {pdf.text[:300]}")
        public = f"{self._health}/v1/public"
        keys = KeySet.parse(requests.get(f"{public}/document-keys", timeout=TIMEOUT_S).content)
        listed = json_of(requests.get(f"{public}/document-revocations", timeout=TIMEOUT_S), 200)
        revoked = RevocationList.parse(listed["list"], keys)
        finding = verify(code_on(pdf.content), keys, revoked, on=legal_day(datetime.now(UTC)))
        if not finding.is_valid:
            raise StartError(f"the certificate doesn't verify: {finding.words('en')}")
        say(f"  رمزها دون شبكة: {finding.words('ar')} · its code, read off line")

    def _check_secrecy(self, delegate: Session, unfit: Body, other: Body) -> None:
        """Checks that the employer sees of the unfit worker what he sees of a worker who waits."""
        seen: Body = json_of(self._get(delegate, unfit["at"]), 200)
        results = {
            self._get(delegate, f"{one['at']}/examination").status_code for one in (unfit, other)
        }
        told = [row["text"] for row in self._visitor.messages()]
        about = [text for text in told if unfit["request_no"] in text]
        if seen["status"] != "awaiting_examination" or results != {requests.codes.not_found}:
            raise StartError(f"the employer sees {seen['status']} and {results}")
        if len(about) > TEXTS_BEFORE_A_RESULT:
            raise StartError(f"texts of the request of the worker who is unfit: {about}")
        say(
            f"  وصاحب العمل يرى الثالث: {seen['status']}، ولا نتيجة (404) ·"
            " of the third worker the employer sees no more than of one who hasn't been examined"
        )

    def _bill(self, who: Session, at: str) -> str | None:
        answer = self._get(who, f"{at}/bill")
        return answer.json().get("bill_number") if answer.ok else None

    def _in_status(self, who: Session, at: str, status: str) -> Body | None:
        found: Body = json_of(self._get(who, at), 200)
        return found if found["status"] == status else None

    def _send(self, who: Session, url: str, body: Body) -> requests.Response:
        headers = who.headers("POST", url)
        return requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)

    def _get(self, who: Session, url: str) -> requests.Response:
        return requests.get(url, headers=who.headers("GET", url), timeout=2 * TIMEOUT_S)


def id_of(worker: int) -> str:
    """Returns the number of a resident who doesn't exist."""
    return with_check_digit(f"2{worker:08}")


def shop_of(owner: Body, safety: Body) -> Body:
    """Returns the application of a grocery with two workers."""
    named = {"name": owner["display_name"], "id_number": owner["id_number"]}
    lease = {"ejar_no": "20000007801", "starts_on": "2026-01-01", "ends_on": "2028-12-31"}
    place = {"town": "سيهات", "district": "الكوثر", "latitude": 26.4834, "longitude": 50.0468}
    trade_name = {"ar": f"تموينات النخيل {MARK}", "en": None}
    return {
        "kind": "shop",
        "activities": [{"code": GROCERY, "main": True}],
        "years": 1,
        "establishment": {"unified_number": SHOP, "trade_name": trade_name, "size": "micro"},
        "owner": {**named, "id_type": "national_id", "mobile": "0500000016", "language": "ar"},
        "area_m2": 60,
        "place": place,
        "lease": lease,
        "safety_certificate": safety,
        "workers": 2,
    }


def request_of(worker: int, application_no: str, photo: str) -> Body:
    """Returns the request for a seller of food, who reads English."""
    return {
        "worker": {
            "name": {"ar": None, "en": f"Sample Worker {worker}"},
            "id_type": "iqama",
            "id_number": id_of(worker),
            "nationality": "IND",
            "birth_date": "1994-03-02",
            "sex": "male",
            "mobile": f"05000007{worker}",
            "language": "en",
        },
        "profession": SELLER,
        "establishment": {"application_no": application_no},
        "residence_permit_until": str(legal_day(datetime.now(UTC)) + timedelta(days=400)),
        "centre": "saihat-centre",
        "photo": photo,
    }
