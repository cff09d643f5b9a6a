"""`python -m permits serve | work | migrate | …`."""

from chassis.cli import main
from permits.app import SERVICE

main(SERVICE)
