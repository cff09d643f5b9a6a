"""`python -m reports serve | work | migrate …`."""

from chassis.run.cli import main
from reports.app import SERVICE

main(SERVICE)
