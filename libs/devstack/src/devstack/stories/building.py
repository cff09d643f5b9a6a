"""The story of one building in `make demo`: from the request for its permit to current that flows, by the municipality,
the electricity company's employees and the bill system, with the texts that its owner gets; then a renewal that keeps
its insulation."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import requests

from devstack.journeys.visitor import MARK, TIMEOUT_S, Visitor, awaited, json_of
from devstack.machine import StartError, say
from devstack.paper_codes import code_on
from devstack.token import Session
from documents.keys import KeySet
from documents.revocations import RevocationList
from documents.verifying import verify
from saudi.bidi import isolate
from saudi.days import legal_day
from saudi.ids import with_check_digit

FIRST, SECOND = (
    81,
    82,
)  # the buildings: last digits of the owner's mobile and of the request's number
STAGES = {"walls": ("الجدران", "0.35"), "roof": ("السقف", "0.25"), "windows": ("النوافذ", "1.8")}
SIGNATORY = {"name": f"م. أحمد {MARK}", "capacity": "رئيس البلدية"}
Body = dict[str, Any]


class BuildingStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: Body) -> None:
        services = description["services"]
        self._permits = services["permits"]["url"]
        self._gateway = services["partner-gateway"]["url"]
        self._visitor = Visitor(description)
        self._officer = Session(description, "qatif.officer", "permits")
        self._reviewer = Session(description, "qatif.reviewer", "permits")
        self._inspector = Session(description, "sec.insulation-inspector")
        self._connector = Session(description, "sec.connector")

    def tell(self) -> None:
        """Tells the whole story."""
        say("\n▌ قصة مبنى من الطلب إلى التيار · a building, from the request to current")
        permit = self.issue_permit(FIRST, application_of(FIRST), returned=True)
        self.enter_insulation(permit, fails=True)
        self.complete(permit)
        self.certify_occupancy(permit)
        self.give_current(permit)
        self.tell_texts(FIRST)
        self.renew()

    # ------------------------------------------------------------------------------------- the permit and its money

    def issue_permit(self, number: int, application: Body, *, returned: bool = False) -> Body:
        """Takes a request to its permit: perhaps returns it once, then approves, bills, pays and issues."""
        request = self._post("/v1/permit-requests", application)
        _tell_request("قُدم", request)
        at = f"/v1/permit-requests/{request['request_id']}"
        self._post(f"{at}/send-to-office")
        self._post(f"{at}/send-to-technical-review")
        if returned:
            notes = {"notes": f"عدلوا الارتداد الأمامي {MARK}"}
            _tell_request("أُعيد للاستكمال", self._post(f"{at}/return", notes))
            self._post(f"{at}/resubmit", {"note": "عُدل", "building": application["building"]})
            self._post(f"{at}/send-to-technical-review")
        self._post(f"{at}/pass-technical-review", who=self._reviewer)
        _tell_request("اعتُمد", self._post(f"{at}/approve"))
        self._bill_and_pay(at, number)
        permit = self._post(f"{at}/issue")
        ends = f"{isolate(permit['expires_on_hijri'])}هـ"
        say(f"  صدرت الرخصة {isolate(permit['permit_number'])} حتى {ends} · the permit was issued")
        return permit

    def _bill_and_pay(self, at: str, number: int) -> None:
        billed = self._post(f"{at}/request-payment", who=self._reviewer)
        self._tell_refusal("إصدار قبل السداد", self._send(f"{at}/issue", {}))
        bill = awaited("no text with the bill's number came", lambda: self._open_bill(number))
        self._visitor.pay(bill)
        amount = isolate(billed["invoice"]["amount"])
        [line] = billed["fee"]["lines"]
        say(f"  الرسم {amount} ريال: {line['because']['ar']} · {line['because']['en']}")
        say(f"  سُددت الفاتورة {isolate(bill)}: {amount} ريال · the bill was paid")
        _tell_request("وصل السداد", awaited("it isn't paid", lambda: self._in_status(at, "paid")))
        alone = self._send(f"{at}/issue", {}, self._reviewer)
        self._tell_refusal("إصدار ممن اعتمد المبلغ", alone)

    # ------------------------------------------------------------------------------------------------- the building

    def enter_insulation(self, permit: Body, *, fails: bool = False) -> None:
        """Enters three stages and the certificate's number as the inspector. `fails`: the walls fail first."""
        if fails:
            defects = [f"العزل مقطوع عند النوافذ {MARK}"]
            self._enter_stage(permit, "walls", {"result": "fail", "defects": defects})
            early = self._send(
                f"/v1/permits/{permit['permit_id']}/completion-certificates", inspection_of_today()
            )
            self._tell_refusal("شهادة إتمام البناء قبل العزل", early)
        for stage in STAGES:
            self._enter_stage(permit, stage, {"result": "pass", "u_value": STAGES[stage][1]})
        number = f"SEC-TI-{permit['permit_number'].replace('/', '-')}"
        self._enter(
            self._inspector, "insulation-certificates", permit, {"certificate_number": number}
        )

    def _enter_stage(self, permit: Body, stage: str, found: Body) -> None:
        body = {**inspection_of_today(), "stage": stage, **found}
        what = f"{STAGES[stage][0]}: {'اجتازت' if found['result'] == 'pass' else 'لم تجتز'}"
        self._enter(self._inspector, "insulation-inspections", permit, body, what)

    def complete(self, permit: Body) -> None:
        """Issues the completion certificate of an insulated building."""
        path = f"/v1/permits/{permit['permit_id']}/completion-certificates"
        _tell_certificate(self._post(path, inspection_of_today()))

    def certify_occupancy(self, permit: Body) -> None:
        """Requests, inspects and issues the final occupancy certificate."""
        asked = {
            "kind": "final",
            "use": "سكن عائلة واحدة",
            "occupants": 6,
            "fire_protection": True,
            "owner_address": f"القطيف، الخزامى {MARK}",
        }
        path = f"/v1/permits/{permit['permit_id']}/occupancy-certificates"
        at = f"/v1/occupancy-certificates/{self._post(path, asked)['certificate_id']}"
        self._post(f"{at}/record-inspection", {**inspection_of_today(), "result": "pass"})
        issued = self._post(f"{at}/issue", {"signatory": SIGNATORY})
        _tell_certificate(issued)
        self.verify_document(issued)

    def verify_document(self, certificate: Body) -> None:
        """Fetches the signed document and verifies it with what is published, as anybody can who sees the paper."""
        pdf = self._get(f"/v1/certificates/{certificate['certificate_id']}/document").content
        keys = KeySet.parse(self._get("/v1/public/document-keys").content)
        listed = self._get("/v1/public/document-revocations").json()["list"]
        finding = verify(
            code_on(pdf), keys, RevocationList.parse(listed, keys), on=legal_day(datetime.now(UTC))
        )
        if not finding.is_valid:
            raise StartError(f"the document doesn't verify: {finding.words('en')}")
        size = f"{len(pdf) // 1024} كيلوبايت"
        say(
            f"  وثيقتها {size}، ورمزها دون شبكة: {finding.words('ar')} · printed, and verified off line"
        )

    def give_current(self, permit: Body) -> None:
        """Releases full current as the municipality, and gives it as the company."""
        path = f"/v1/permits/{permit['permit_id']}/electricity-releases"
        release = self._post(path, {"extent": "full"})
        at = f"/v1/electricity-releases/{release['release_id']}"
        self._post(f"{at}/record-inspection", {**inspection_of_today(), "result": "pass"})
        _tell_release(self._post(f"{at}/approve", {"extent": "full"}))
        given = {"extent": "full", "meter_numbers": ["1000456781"], "happened_on": today()}
        self._enter(self._connector, "supply-energisations", permit, given)
        flows = awaited("current doesn't flow", lambda: self._in_status(at, "energised"))
        _tell_release(flows)

    def renew(self) -> None:
        """Renews another building's permit. The insulation counts for the new permit."""
        say("▌ تجديد يحتفظ بالعزل · a renewal that keeps its insulation")
        application = application_of(SECOND)
        permit = self.issue_permit(SECOND, application)
        self.enter_insulation(permit)
        renewal = {
            **application,
            "request_number": f"4490{SECOND:04}1",
            "kind": "renewal",
            "previous_permit_id": permit["permit_id"],
            "construction_state": "under_construction",
        }
        self.complete(self.issue_permit(SECOND, renewal))
        say("  دون معاينات جديدة · without a visit")

    def tell_texts(self, number: int) -> None:
        """Tells all that the owner's phone got."""
        awaited("no text of the current came", lambda: self._text_with(number, "أُطلق التيار"))
        say("  رسائل المالك · the owner's texts:")
        for text in self._texts(number):
            say(f"    {text}")

    # ------------------------------------------------------------------------------------------------------- asking

    def _enter(self, who: Session, kind: str, permit: Body, body: Body, what: str = "") -> None:
        """Enters something as the company: the gateway takes it with 202, then the municipality answers."""
        named = {name: permit[name] for name in ("permit_number", "municipality")}
        taken = awaited(
            f"{kind} isn't taken", lambda: self._send_entry(who, kind, {**named, **body})
        )
        entry = awaited(f"{kind} isn't answered", lambda: self._answer_of(who, taken["href"]))
        if entry["outcome"] != "effective":
            raise StartError(f"{kind} was answered with {entry['reason']}")
        title, outcome = entry["kind_title"]["ar"], entry["outcome_title"]["ar"]
        say(f"  الشركة: {title} {what} ({outcome}) · entered and in effect")

    def _send_entry(self, who: Session, kind: str, body: Body) -> Body | None:
        """Returns the taken entry, None while the gateway doesn't know the permit yet."""
        url = f"{self._gateway}/v1/{kind}"
        headers = {**who.headers("POST", url), "Idempotency-Key": str(uuid4())}
        answer = requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)
        if answer.status_code == requests.codes.unprocessable:
            return None
        taken: Body = json_of(answer, 202)
        return taken

    def _answer_of(self, who: Session, url: str) -> Body | None:
        answer = requests.get(url, headers=who.headers("GET", url), timeout=TIMEOUT_S)
        entry: Body = json_of(answer, 200)
        return None if entry["outcome"] == "pending" else entry

    def _open_bill(self, number: int) -> str | None:
        """Returns the number of the open bill that a text names."""
        return self._visitor.open_bill(self._texts(number))

    def _text_with(self, number: int, part: str) -> str | None:
        return next((text for text in self._texts(number) if part in text), None)

    def _texts(self, number: int) -> list[str]:
        return self._visitor.texts(mobile_of(number))

    def _in_status(self, path: str, status: str) -> Body | None:
        url = self._permits + path
        headers = self._officer.headers("GET", url)
        found: Body = json_of(requests.get(url, headers=headers, timeout=TIMEOUT_S), 200)
        return found if found["status"] == status else None

    def _get(self, path: str) -> requests.Response:
        url = self._permits + path
        answer = requests.get(url, headers=self._officer.headers("GET", url), timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer

    def _post(self, path: str, body: Body | None = None, who: Session | None = None) -> Body:
        made: Body = json_of(self._send(path, body or {}, who), 200, 201)
        return made

    def _send(self, path: str, body: Body, who: Session | None = None) -> requests.Response:
        """Sends as the officer, unless somebody else is named."""
        url = self._permits + path
        headers = (who or self._officer).headers("POST", url)
        return requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)

    def _tell_refusal(self, what: str, answer: requests.Response) -> None:
        problem = json_of(answer, 409)
        say(f"  {what}: {isolate('409')} {problem['title']}؛ {problem.get('detail', '')} · refused")


def _tell_request(what: str, request: Body) -> None:
    number, title = isolate(request["request_number"]), request["status_title"]
    say(f"  {what}: الطلب {number} {title['ar']} · {title['en']}")


def _tell_certificate(row: Body) -> None:
    number, title = isolate(row["certificate_number"]), row["title"]
    say(f"  {title['ar']} {number} {row['status_title']['ar']} · {title['en']}")


def _tell_release(row: Body) -> None:
    number, title = isolate(row["release_number"]), row["status_title"]
    say(f"  إطلاق التيار {number}: {title['ar']} · {title['en']}")


def today() -> str:
    """Returns the day in Riyadh."""
    return legal_day(datetime.now(UTC)).isoformat()


def inspection_of_today() -> Body:
    """Returns an inspection of today, because the permit was issued today."""
    return {"inspected_on": today(), "inspector": f"م. سعيد {MARK}"}


def mobile_of(number: int) -> str:
    """Returns the mobile of a sample owner."""
    return f"+9665000081{number}"


def application_of(number: int) -> Body:
    """Returns an application for a villa, in the shape of the contract."""
    owner = {
        "name": f"زينب بنت علي آل تجربة {MARK}",
        "owner_type": "individual",
        "id_type": "national_id",
        "id_number": with_check_digit(f"1000000{number // 10:02}"),
        "mobile": mobile_of(number),
    }
    floors = [{"component": name, "units": 1, "area_m2": 210} for name in ("أرضي", "أول")]
    land = {
        "plan_number": "713/7",
        "plots": [f"4{number}"],
        "town": "القطيف",
        "district": "الخزامى",
        "deed": {"type": "electronic", "number": f"9123040056{number}"},
        "area_m2": 500,
        "latitude": 26.5639,
        "longitude": 50.0012,
    }
    return {
        "kind": "new",
        "municipality": "central-qatif",
        "request_number": f"4490{number:04}",
        "use_class": "residential",
        "owners": [owner],
        "land": land,
        "building": {
            "description": "فيلا سكنية",
            "components": floors,
            "built_area_m2": 420,
            "floors": 2,
            "units": 1,
        },
        "engineering_office": {"name": f"مكتب الواحة {MARK}", "licence_number": "5210"},
        "insulation_pledge": True,
    }
