"""A process that enters transactions until it is killed: `python entering.py COUNT`. Prints each committed number."""

import sys

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from transactions.app import SERVICE
from transactions.commands.enter import enter

BODY = {
    "kind": "survey-decision",
    "channel": "counter",
    "subject": "قرار مساحي (بيانات تجريبية)",
    "applicant": {"type": "person", "name": "بيانات تجريبية", "number": "1000000008"},
}
CLERK = SystemActor(
    "clerk",
    "desk",
    organisation="saihat",
    scopes=frozenset(("transactions.enter",)),
    attributes={"municipality": "saihat"},
)


def main(count: int) -> None:
    """Enters as many transactions, each in a transaction of the database of its own."""
    process = Process.load(SERVICE)
    for _ in range(count):
        with process.transaction() as context:
            row = enter(UnitOfWork.of(context, CLERK), BODY)
            number = row.number
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
