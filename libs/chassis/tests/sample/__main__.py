"""`python -m sample serve | work | migrate …`."""

from chassis.run.cli import main
from sample.app import SERVICE

main(SERVICE)
