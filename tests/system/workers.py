"""What a shop's delegate, workers themselves, payers and a medical centre do about three hundred canaries."""

import signal
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text

from chassis.core.ids import new_id
from devstack.stories.health import PICTURE
from health_certs.domain.worker_lists import COLUMNS
from health_certs.models import KnownLicence
from saudi.days import legal_day
from tests.faults.money import Money

from .aviary import Aviary
from .canaries import LATIN_MARK, WorkerCanary

SHOP, LICENCE_NO, CENTRE = "7000000013", "144804999902", "saihat-centre"
OWNER, DELEGATE, DESK, OTHER_DESK = (
    *("citizen.a", "citizen.b", "saihat-centre.desk", "qatif-centre.desk"),
)
HEALTH, GATEWAY = "health-certs", "partner-gateway"
MINE, LISTS = "/v1/my/health-certificate-requests", "/v1/my/health-certificate-request-lists"
SEARCHES = "/v1/health-examination-searches"
AT_ONCE = 8
_INVOICES = text(
    "SELECT invoice_id::text FROM invoice JOIN request USING (request_id, invoice_id)"
    " WHERE request_no = ANY(:numbers)"
)


class Workplace:
    """A shop, the canaries who are to work there, and who deals with them. `numbers`: ID number → request number."""

    def __init__(self, aviary: Aviary, workers: Sequence[WorkerCanary]) -> None:
        self._aviary, self.workers = aviary, workers
        self.numbers: dict[str, str] = {}
        self.listed: list[bytes] = []  # what became of lists

    def open(self) -> None:
        """The shop has a licence where no health education is asked for, and a delegate."""
        now = datetime.now(UTC)
        licence = KnownLicence(
            licence_id=new_id(), version=1, licence_no=LICENCE_NO, municipality="umm-al-hamam",
            status="valid", establishment=SHOP, trade_name="مطعم (بيانات تجريبية)",
            expires_on=legal_day(now) + timedelta(days=300), changed_at=now,
        )  # fmt: skip
        with self._aviary.databases[HEALTH].transaction() as session:
            session.add(licence)
        people = {one["username"]: one for one in self._aviary.description["citizens"]}
        named = {
            "delegate": {"id_number": people[DELEGATE]["id_number"]},
            "unified_number": SHOP,
            "until": (now + timedelta(days=90)).isoformat(),
        }
        made = self._aviary.send("identity", "/v1/my/delegations", who=OWNER, json=named)
        assert made.status_code in {201, 409}, made.text

    def send_photos(self, workers: Iterable[WorkerCanary]) -> None:
        at_once(self._send_photo, workers)

    def _send_photo(self, worker: WorkerCanary) -> str:
        files = {"file": (photo_of(worker), PICTURE, "image/png")}
        path = "/v1/my/health-certificate-photos"
        answer = self._aviary.send(HEALTH, path, who=DELEGATE, files=files)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["attachment_id"])

    def send_list(self, rows: Iterable[dict[str, str]]) -> str:
        """A file of rows; the list's id."""
        lines = [",".join(row.get(name, "") for name in COLUMNS) for row in rows]
        answer = self.send_file("\r\n".join([",".join(COLUMNS), *lines]).encode())
        assert answer.status_code == 202, answer.text
        return str(answer.json()["list_id"])

    def send_file(self, content: bytes) -> requests.Response:
        return self._aviary.send(
            HEALTH, LISTS, who=DELEGATE, files={"file": ("workers.csv", content, "text/csv")},
            data={"licence_no": LICENCE_NO, "centre": CENTRE},
        )  # fmt: skip

    def done(self, list_id: str) -> dict[str, Any] | None:
        """What became of a list's rows, once each had its turn."""
        answer = self._aviary.send(HEALTH, f"{LISTS}/{list_id}", who=DELEGATE, method="GET")
        found: dict[str, Any] = answer.json()
        if not found["done"]:
            return None
        self.listed.append(answer.content)
        return found

    def note(self, workers: Sequence[WorkerCanary], rows: Sequence[dict[str, Any]]) -> None:
        """The numbers of their requests, of which each is there once."""
        assert {row["outcome"] for row in rows} == {"accepted"}, rows
        numbers = [row["request_no"] for row in rows]
        self.numbers |= dict(zip((one.id_number for one in workers), numbers, strict=True))

    def ask(self, worker: WorkerCanary) -> None:
        """One request, by the delegate."""
        body = {
            **body_of(worker),
            "establishment": {"licence_no": LICENCE_NO},
            "photo": self._send_photo(worker),
        }
        answer = self._aviary.send(HEALTH, MINE, who=DELEGATE, json=body)
        assert answer.status_code == 201, answer.text
        self.numbers[worker.id_number] = answer.json()["request_no"]

    def find(self, worker: WorkerCanary, who: str = DESK) -> requests.Response:
        sent = {"number": self.numbers[worker.id_number], "id_number": worker.arabic}
        return self._aviary.send(GATEWAY, SEARCHES, who=who, json=sent)

    def enter(self, worker: WorkerCanary, result: str, **more: str) -> requests.Response:
        number = self.numbers[worker.id_number]
        day = legal_day(datetime.now(UTC)).isoformat()
        body = {"result": result, "examined_on": day, "practice_number": worker.practice_number}
        return self._aviary.send(
            GATEWAY, f"/v1/health-examinations/{number}/result", who=DESK, method="PUT",
            json={**body, **more}, headers={"Idempotency-Key": new_id()},
        )  # fmt: skip

    def pay(self, workers: Iterable[WorkerCanary]) -> None:
        """As payments would say it of each bill."""
        numbers = [self.numbers[one.id_number] for one in workers]
        with self._aviary.databases[HEALTH].transaction() as session:
            invoices = session.scalars(_INVOICES, {"numbers": numbers}).all()
        money = Money(self._aviary.description["kafka"])
        assert {money.settle(one, HEALTH) for one in invoices} == {True}
        money.close()

    def count(self, statement: str, workers: Iterable[WorkerCanary], **values: Any) -> int:
        """Counts requests by a condition such as `status = :status`."""
        numbers = [self.numbers[one.id_number] for one in workers]
        where = f"SELECT count(*) FROM request WHERE request_no = ANY(:numbers) AND {statement}"
        with self._aviary.databases[HEALTH].transaction() as session:
            return int(session.scalar(text(where), {"numbers": numbers, **values}) or 0)


def at_once(does: Callable[[WorkerCanary], Any], workers: Iterable[WorkerCanary]) -> list[Any]:
    """Several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(does, workers))


def signed_in(aviary: Aviary, worker: WorkerCanary) -> str:
    """The name under which the worker sends from now on, as whom the national login knows."""
    citizens = aviary.description["citizens"]
    known = {one["username"]: one for one in citizens}[DELEGATE]
    himself = {**known, "username": worker.id_number, "id_number": worker.id_number}
    aviary.description["citizens"] = [*citizens, himself]
    return worker.id_number


def photo_of(worker: WorkerCanary) -> str:
    """As people call their files."""
    return f"{worker.id_number} {LATIN_MARK}.png"


def body_of(worker: WorkerCanary) -> dict[str, Any]:
    """The contract's NewRequest, without establishment and photo."""
    return {
        "worker": {
            "name": {"ar": worker.name, "en": worker.latin_name},
            "id_type": "iqama",
            "id_number": worker.id_number,
            "nationality": "IND",
            "birth_date": worker.birth_date.isoformat(),
            "sex": "male",
            "mobile": worker.mobile,
            "language": "en",
        },
        "profession": "cook",
        "residence_permit_until": _in_a_year().isoformat(),
        "centre": CENTRE,
    }


def row_of(worker: WorkerCanary, **changes: str) -> dict[str, str]:
    """A row of the file."""
    body = body_of(worker)
    cells = {**body["worker"], **body}
    return {
        **{name: cells[name] for name in COLUMNS if isinstance(cells.get(name), str)},
        "name_ar": worker.name,
        "name_en": worker.latin_name,
        "photo": photo_of(worker),
        **changes,
    }


def _in_a_year() -> date:
    return legal_day(datetime.now(UTC)) + timedelta(days=400)


def killed(aviary: Aviary, name: str, begun: Callable[[], bool]) -> None:
    """Kills a process in the midst of something, and waits until it's there again."""
    deadline = time.monotonic() + 180
    while not begun():
        assert time.monotonic() < deadline, f"nothing began in {name}"
    aviary.system.supervisor.process(name).child.send(signal.SIGKILL)
    service, role = name.split("/")
    ops = aviary.description["services"][service]["ops"][role]
    aviary.system.supervisor.wait_ready(name, f"{ops}/readyz")
