"""`python -m licences serve | work | migrate …`."""

from chassis.run.cli import main
from licences.app import SERVICE

main(SERVICE)
