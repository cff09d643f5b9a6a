"""`python -m appointments serve | work | migrate …`."""

from appointments.app import SERVICE
from chassis.run.cli import main

main(SERVICE)
