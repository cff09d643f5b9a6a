"""`python -m identity serve | work | migrate | provision | …`."""

from chassis.run.cli import main
from identity.app import SERVICE

main(SERVICE)
