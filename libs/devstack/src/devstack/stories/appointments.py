"""The story of two appointments in `make demo`: one is kept, one is cancelled by its text's link and the slot is free
again."""

from typing import Any

from devstack.journeys.appointments import AppointmentsJourney
from devstack.machine import StartError, say
from saudi.bidi import isolate

FIRST, SECOND = "0500000071", "0500000072"
SERVICE = "inquiry"
OFFICER = "qatif.officer"


class AppointmentsStory:
    """The steps, over a running system. Each raises StartError when something isn't as promised."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._journey = AppointmentsJourney(description)

    def tell(self) -> None:
        """Tells the whole story."""
        journey = self._journey
        department, slots = journey.free_slots("saihat", SERVICE)
        say(
            f"\n▌ المواعيد · appointments: {len(slots)} أوقات متاحة في سيهات · free slots in Saihat"
        )
        first, second = slots[-2:]  # an appointment that begins soon can't be cancelled any more
        kept = journey.book(department, SERVICE, first["starts_at"], FIRST)
        dropped = journey.book(department, SERVICE, second["starts_at"], SECOND)
        for made in (kept, dropped):
            number, time = made["appointment_number"], f"{made['day']} {made['time']}"
            say(f"  {number}  {isolate(time)}  {made['status_title']['ar']}")
        self._cancel(dropped, second)
        self._look_at_desk(kept)
        for row in journey.messages():
            if str(row["recipient"])[-9:] in (FIRST[-9:], SECOND[-9:]):
                say(f"  {isolate('…' + str(row['recipient'])[-3:])}  {row['text']}")

    def _cancel(self, made: dict[str, Any], slot: dict[str, Any]) -> None:
        journey = self._journey
        journey.press(journey.link_in_text(SECOND, made["appointment_number"]), "cancel")
        _, slots = journey.free_slots("saihat", SERVICE)
        if slot["starts_at"] not in [one["starts_at"] for one in slots]:
            raise StartError("a cancelled slot isn't free again")
        say(
            "▌ أُلغي من رابط الرسالة وعاد الوقت متاحًا · cancelled by the text's link, the slot is free"
        )

    def _look_at_desk(self, made: dict[str, Any]) -> None:
        number = made["appointment_number"]
        answer = self._journey.get(OFFICER, "/v1/appointments", "appointments", number=number)
        (row,) = answer.json()["items"]
        say(f"▌ لدى موظف الاستقبال · at the desk: {row['name']}  {isolate(row['mobile'])}")
