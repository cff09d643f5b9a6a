"""Two processes each of tenders' `serve` and `work`. Officers publish, amend and cancel; people follow each tender."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from tests.faults.history import History
from tests.faults.load import Piece, spread
from tests.faults.registers.evidence import Evidence
from tests.faults.registers.load import Call, RegisterLoad
from tests.faults.registers.world import RegisterWorld, lanes_of, seats_of
from tests.faults.trial import Plan

from chassis.core.times import rfc3339
from chassis.data.sealed import use_keys
from chassis.data.sealing import Keyring
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contacts
from saudi.money import riyals
from tenders.commands import followers
from tenders.domain.actors import service_as
from tenders.models import Tender
from tenders.sample import sample_tender
from tenders.settings import Settings

from .checker import FOLLOWERS, PROMISES

REASON = {"ar": "بطلب المتنافسين (بيانات تجريبية)", "en": "As bidders asked (sample data)"}
CLERK = "qatif.clerk"


class OfferingLoad(RegisterLoad):
    service, key_name = "tenders", "tender_id"

    def pieces(self) -> Iterator[Piece]:
        count = self._plan["tenders"]
        todo = [(f"tender-{number}", partial(self._publish, number)) for number in range(count)]
        yield from spread(todo, self._plan.seconds * 0.9, self.stop)

    def _publish(self, number: int) -> None:
        """Drafts and publishes a tender, lets people follow, records bids, amends twice, and cancels every third."""
        made = self.make(Call(f"{number}-draft", "/v1/tenders", new_tender(number)))
        if made is None:
            return
        path = f"/v1/tenders/{made}"
        self.move(Call(f"{number}-publish", f"{path}/publish", None))
        for place in range(FOLLOWERS):
            mobile = f"+9665{self._run % 100:02}{number:04}{place:02}"
            self.keep_trying(mobile, "follow", partial(self._follows, made, mobile))
        receipt = {"receipt_number": f"E-{number}", "source": "paper"}
        self.move(Call(f"{number}-bid", f"{path}/bids", receipt, who=CLERK))
        for days in (30, 40):
            until = rfc3339(datetime.now(UTC) + timedelta(days=days))
            body = {"reason": REASON, "bids_until": until, "opens_at": until}
            self.move(Call(f"{number}-amend-{days}", f"{path}/amend", body))
        if number % 3 == 0:
            body = {"code": "need-ended", "reason": REASON}
            self.move(Call(f"{number}-cancel", f"{path}/cancel", body))

    def _follows(self, tender_id: str, mobile: str) -> bool:
        """Lets a mobile follow by the service's own command; a code by SMS isn't what the world is about."""
        with (
            suppress(SQLAlchemyError),
            self._world.databases[self.service].transaction() as session,
        ):
            work = UnitOfWork(session, service_as("faults"), datetime.now(UTC))
            followers.add_follower(
                work, session.get_one(Tender, tender_id), mobile=mobile, language="ar"
            )
            return True
        return False


def new_tender(number: int) -> dict[str, Any]:
    """Returns a body of the contract's `NewTender`, as it's sent."""
    body = sample_tender(datetime.now(UTC), number)
    for name in ("questions_until", "bids_until", "opens_at"):
        body[name] = rfc3339(body[name])
    return {**body, **{name: riyals(body[name]) for name in ("estimate", "booklet_price")}}


class TenderWorld(RegisterWorld):
    name = "tenders"
    seating = seats_of("tenders")
    lanes = lanes_of("tenders")
    promises = PROMISES
    options = {"tenders": 200, "seconds": 60.0}
    bug_options = {"tenders": 60, "seconds": 12.0}
    things = """SELECT tender_id::text AS thing_id, number, version, 2 AS first FROM tender
        WHERE drafted_at >= :since"""  # the draft isn't published
    topic = "tenders.tender"
    more = {
        "releases": """SELECT tender_id::text, CAST(substring(release_id FROM '[0-9]+$') AS integer) AS version
            FROM ocds_release JOIN tender USING (ocid) WHERE drafted_at >= :since""",
        "notices": """SELECT offering_id::text, happened FROM notice
            JOIN tender ON tender_id = offering_id WHERE drafted_at >= :since""",
        "events": """SELECT tender_id::text, aggregate_id, convert_from(data, 'UTF8')::json AS data FROM outbox
            JOIN tender ON number = convert_from(data, 'UTF8')::json -> 'data' ->> 'number'
            WHERE topic = 'tenders.notice' AND drafted_at >= :since""",
    }
    unfinished = {
        "notices": (
            "tenders",
            """SELECT count(*) FROM notice JOIN tender ON tender_id = offering_id
            WHERE drafted_at >= :since AND finished_at IS NULL""",
        )
    }

    def prepare(self) -> None:
        environment = self.environment("tenders")
        settings = Settings.load("tenders", dict(environment))
        use_keys(self.databases["tenders"], settings)
        self._contacts = Contacts(Keyring.parse(settings.contact_key))

    def load(self, plan: Plan, run: int, history: History) -> OfferingLoad:
        return OfferingLoad(self, plan, run, history)

    def evidence(self, load: RegisterLoad, drained_s: float | None) -> Evidence:
        found = super().evidence(load, drained_s)
        heard = [
            (tender_id, event["type"].split(".")[-2], contact.mobile)
            for tender_id, batch_id, event in found.more["events"]
            for contact in self._contacts.open(batch_id, event["data"]["contacts"])
        ]
        return replace(found, more={**found.more, "heard": heard})


WORLD = TenderWorld
