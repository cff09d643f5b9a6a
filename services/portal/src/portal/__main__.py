"""`python -m portal serve | work | migrate …`."""

from chassis.run.cli import main
from portal.app import SERVICE

main(SERVICE)
