"""The story of an inspection in `make demo`: the inspector picks an item of the table, the fine follows from it, the
owner's delegate objects, another person decides, the reduced fine is paid; and what a licence's code is worth off line
once somebody changes it, the licence is cancelled, or the key that signed it is revoked."""

import os
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import requests

from devstack.journeys.visitor import MARK, TIMEOUT_S, Visitor, awaited, json_of
from devstack.machine import StartError, say
from devstack.paper_codes import code_on
from devstack.stories.citizens import DELEGATE
from devstack.system import System
from devstack.token import Session
from documents.encoding import from_text, to_text
from documents.keys import KeySet
from documents.revocations import RevocationList
from documents.statements import read
from documents.verifying import Reason, verify
from saudi.bidi import isolate
from saudi.days import legal_day

# Waste thrown elsewhere than in its place: an item without a warning first.
ITEM = "5001"
INSPECTOR, OFFICER, OTHER = "qatif.inspector", "qatif.officer", "qatif.licence-officer"
Body = dict[str, Any]


class InspectionStory:
    """The steps, over a system in which the delegate has two licences. Each raises StartError when something isn't as
    promised. Afterwards nothing is signed any more: the current key is a revoked one."""

    def __init__(self, system: System) -> None:
        description = system.description()
        self._system = system
        self._url = description["services"]["licences"]["url"]
        self._visitor = Visitor(description)
        people = (DELEGATE, INSPECTOR, OFFICER, OTHER)
        self._who = {name: Session(description, name, "licences") for name in people}

    def tell(self) -> None:
        """Tells the whole story."""
        mine = json_of(self._get(DELEGATE, "/v1/my/licences"), 200)["items"]
        kept, ended = (one["licence_no"] for one in mine[:2])
        say("\n▌ مخالفة: من الرصد إلى السداد · a violation, from the inspection to the payment")
        violation = self._fine(kept)
        self._object(violation)
        self._decide(violation)
        self._pay_fine(violation)
        say("\n▌ رمز الرخصة دون شبكة · a licence's code, read off line")
        codes = self._code_of(kept), self._code_of(ended)
        self._forge(codes[0], kept)
        self._cancel(codes, ended)
        self._revoke_key(codes[0])

    def _fine(self, licence_no: str) -> str:
        """Records, confirms and notifies a violation. The fine follows from the table; nobody types an amount."""
        seen: Body = {"item": ITEM, "municipality": "saihat", "note": f"مخلفات أمام المحل {MARK}"}
        seen |= {"offender": {"kind": "licence", "licence_no": licence_no, "size": "micro"}}
        made = json_of(self._post(INSPECTOR, "/v1/violations", seen), 201)
        at = f"/v1/violations/{made['violation_id']}"
        number, item = isolate(made["violation_no"]), made["item"]
        say(f"  المراقب اختار البند {item['code']}: {item['ar']} · {item['en']}: {number}")
        note = {"note": f"ما زالت المخلفات في مكانها {MARK}"}
        fine = json_of(self._post(OFFICER, f"{at}/confirm", note), 200)["fine"]
        because = fine["because"]
        say(f"  الغرامة {isolate(fine['amount'])}: {because['ar']} · {because['en']}")
        json_of(self._post(OFFICER, f"{at}/notify", {}), 200)
        return str(made["violation_id"])

    def _object(self, violation: str) -> None:
        reasons = {"reasons": f"رُفعت المخلفات في اليوم نفسه {MARK}"}
        self._bill(violation)
        answer = self._post(DELEGATE, f"/v1/my/violations/{violation}/objection", reasons)
        until = json_of(answer, 200)["objection"]["decide_until"]
        say(f"  اعترض المفوض، والبت حتى {isolate(until)} · objected; nothing is owed meanwhile")

    def _decide(self, violation: str) -> None:
        """Decides the objection. The officer who confirmed the violation may not decide."""
        at = f"/v1/violations/{violation}/decide"
        verdict = {"outcome": "reduce", "reduce_to_percent": 50}
        verdict |= {"reasons": f"صُححت المخالفة في اليوم نفسه {MARK}"}
        problem = json_of(self._post(OFFICER, at, verdict), 409)
        say(f"  من أكدها لا يبت فيها · who confirmed it doesn't decide: 409 {problem['title']}")
        fine = json_of(self._post(OTHER, at, verdict), 200)["fine"]
        say(f"  موظف آخر خفضها إلى {isolate(fine['amount'])} · another officer reduced it")

    def _pay_fine(self, violation: str) -> None:
        self._visitor.pay(self._bill(violation))
        seen = awaited("the fine isn't paid", lambda: self._paid_fine(violation))
        say(f"  سُددت بفاتورة جديدة · paid by another bill: {seen['status_title']['ar']}")

    def _bill(self, violation: str) -> str:
        def find_bill() -> str | None:
            seen = json_of(self._get(DELEGATE, f"/v1/my/violations/{violation}"), 200)
            bill: Body = seen["bill"] or {}
            return bill.get("bill_number")

        return awaited("the fine has no bill", find_bill)

    def _paid_fine(self, violation: str) -> Body | None:
        seen: Body = json_of(self._get(DELEGATE, f"/v1/my/violations/{violation}"), 200)
        return seen if seen["paid_at"] else None

    def _code_of(self, licence_no: str) -> str:
        """Returns what a camera reads on the paper."""
        answer = self._get(DELEGATE, f"/v1/my/licences/{licence_no}/document")
        if not answer.content.startswith(b"%PDF"):
            raise StartError(f"the document was answered with {answer.status_code}")
        return code_on(answer.content)

    def _forge(self, code: str, licence_no: str) -> None:
        """Puts another number under the same signature."""
        keys = self._keys()
        self._check("كما طُبع · as printed", code, None, keys)
        address, _, said = code.partition("#")
        body, signature = said.split(".")
        other = licence_no[:-1] + ("1" if licence_no[-1] == "0" else "0")
        forged = to_text(from_text(body).replace(licence_no.encode(), other.encode()))
        changed = f"{address}#{forged}.{signature}"
        self._check("برقم آخر · another number", changed, Reason.TAMPERED, keys)

    def _cancel(self, codes: tuple[str, str], licence_no: str) -> None:
        reason = {"reason": f"أُغلق المحل نهائيًا {MARK}"}
        json_of(self._post(OTHER, f"/v1/licences/{licence_no}/cancel", reason), 200)
        keys, public = self._keys(), f"{self._url}/v1/public/document-revocations"
        told = json_of(requests.get(public, timeout=TIMEOUT_S), 200)
        listed = RevocationList.parse(told["list"], keys)
        self._check("رخصة أُلغيت · a cancelled licence", codes[1], Reason.CANCELLED, keys, listed)
        self._check("والأخرى · the other one", codes[0], None, keys, listed)

    def _revoke_key(self, code: str) -> None:
        """Puts another key first, and revokes the key that a thief may have."""
        another = {"LICENCES_DOCUMENT_KEY": f"2:{urlsafe_b64encode(os.urandom(32)).decode()[:43]}"}
        words = ("document-keys", "revoke", read(code).key_id, "--reason", "stolen (sample data)")
        self._system.run("licences", *words, settings=another)
        self._check("مفتاح سُرق · a stolen key", code, Reason.REVOKED_KEY, self._keys())

    def _keys(self) -> KeySet:
        """Fetches the published keys, as anybody can."""
        url = f"{self._url}/v1/public/document-keys"
        return KeySet.parse(requests.get(url, timeout=TIMEOUT_S).content)

    def _check(
        self,
        what: str,
        code: str,
        reason: Reason | None,
        keys: KeySet,
        listed: RevocationList | None = None,
    ) -> None:
        finding = verify(code, keys, listed, on=legal_day(datetime.now(UTC)))
        if finding.reason != reason:
            raise StartError(f"{what}: {finding.words('en')}")
        say(f"  {what}: {finding.words('ar')} · {finding.words('en')}")

    def _post(self, who: str, path: str, body: Body) -> requests.Response:
        url = self._url + path
        headers = self._who[who].headers("POST", url)
        return requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)

    def _get(self, who: str, path: str) -> requests.Response:
        url = self._url + path
        headers = self._who[who].headers("GET", url)
        return requests.get(url, headers=headers, timeout=2 * TIMEOUT_S)
