"""`python -m partner_gateway serve | work | migrate | rebuild | audit | …`."""

from chassis.run.cli import main
from partner_gateway.app import SERVICE

main(SERVICE)
