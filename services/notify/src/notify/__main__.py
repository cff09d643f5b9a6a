"""`python -m notify serve | work | migrate …`."""

from chassis.run.cli import main
from notify.app import SERVICE

main(SERVICE)
