"""The story of a transaction in `make demo`: a citizen enters it on line, the registry refers it, the department
returns, decides and answers by a signed letter; a confidential one stays with its department."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from devstack.journeys.visitor import MARK, Body, Visitor, awaited, json_of, new_key
from devstack.machine import StartError, say
from saudi.bidi import isolate

CITIZEN, MOBILE = "citizen.b", "+966500000024"
REGISTRY, SURVEY = "qatif.registry", "qatif.survey"
SERVICE = "transactions"
ENTRY = {
    "municipality": "saihat",
    "kind": "general-request",
    "subject": f"صورة من مخطط الحي {MARK}",
}
SECRET = {
    "kind": "staff-inquiry",
    "channel": "counter",
    "subject": f"تحقيق {MARK}",
    "applicant": {"type": "body", "name": f"جهة {MARK}"},
}
LETTER = {"subject": f"إفادة {MARK}", "body": f"نفيدكم بإرفاق صورة المخطط {MARK}."}


class TransactionsStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._visitor = Visitor(description)

    def tell(self) -> None:
        """Tells the whole story."""
        made = self._enter()
        self._move(REGISTRY, made, "refer", department="survey", note=f"للاختصاص {MARK}")
        self._move(SURVEY, made, "return", note=f"اكتبوا رقم المخطط {MARK}")
        self._answer(made)
        self._move(SURVEY, made, "decide", outcome="approved", note=f"لا مانع {MARK}")
        self._issue_letter(made)
        self._tell_texts(made["number"])
        self._enter_confidential()
        self._tell_month()

    def _enter(self) -> Body:
        answer = self._post(CITIZEN, "/v1/my/transactions", ENTRY, 201)
        say(f"\n▌ معاملة عبر البوابة · a transaction on line: {_line_of(answer)}")
        return answer

    def _move(self, who: str, made: Body, step: str, **body: Any) -> None:
        moved = self._post(who, f"/v1/transactions/{made['transaction_id']}/{step}", body, 200)
        say(f"  {step}: {_line_of(moved)}")

    def _answer(self, made: Body) -> None:
        path = f"/v1/my/transactions/{made['transaction_id']}/answer"
        answered = self._post(CITIZEN, path, {"text": f"713/7 {MARK}"}, 200)
        say(f"  answer: {_line_of(answered)}")

    def _issue_letter(self, made: Body) -> None:
        path = f"/v1/transactions/{made['transaction_id']}/letters"
        letter = self._post(SURVEY, path, LETTER, 201)
        mine = (
            f"/v1/my/transactions/{made['transaction_id']}/letters/{letter['letter_id']}/document"
        )
        document = self._visitor.get(CITIZEN, mine, SERVICE)
        if not document.content.startswith(b"%PDF"):
            raise StartError(f"the letter was answered with {document.status_code}")
        say(
            f"  خطاب صادر رقم {isolate(letter['letter_no'])} · a signed letter:"
            f" {len(document.content)} bytes of PDF"
        )

    def _tell_texts(self, number: str) -> None:
        for part in ("قُيدت", "أعيدت", "تمت الموافقة"):
            text = awaited(f"no text with «{part}» came", partial(self._text, number, part))
            say(f"  {isolate('…' + MOBILE[-3:])}  {text}")

    def _text(self, number: str, part: str) -> str | None:
        return next(iter(self._visitor.texts(MOBILE, number, part)), None)

    def _enter_confidential(self) -> None:
        """A clerk enters a confidential transaction. Neither the clerk nor another department finds it afterwards."""
        made = self._post(REGISTRY, "/v1/transactions", SECRET, 201)
        path = f"/v1/transactions/{made['transaction_id']}"
        seen = [self._visitor.get(who, path, SERVICE).status_code for who in (REGISTRY, SURVEY)]
        if seen != [404, 404]:
            raise StartError(f"a confidential transaction was answered with {seen}")
        say("▌ معاملة سرية لا تراها إلا إدارتها · a confidential one: its department's only")

    def _tell_month(self) -> None:
        month = datetime.now(UTC).strftime("%Y-%m")
        answer = self._visitor.get(SURVEY, "/v1/statistics/monthly", SERVICE, month=month)
        say(f"▌ الجدول الشهري لإدارة المساحة · the month of the survey department, {month}")
        for row in json_of(answer, 200)["rows"]:
            counts = "  ".join(
                f"{name}={row[name]}" for name in ("received", "approved", "returned")
            )
            say(f"  {isolate(row['municipality'])}  {counts}")

    def _post(self, who: str, path: str, body: Body, expected: int) -> Body:
        answer = self._visitor.post(who, path, body, SERVICE, headers=new_key())
        made: Body = json_of(answer, expected)
        return made


def _line_of(transaction: Body) -> str:
    department = transaction["department"]["ar"]
    return f"{isolate(transaction['number'])}  {transaction['status_title']['ar']}  {department}"
