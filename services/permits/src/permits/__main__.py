"""`python -m permits serve | work | migrate | …`."""

from chassis.run.cli import main
from permits.app import SERVICE

main(SERVICE)
