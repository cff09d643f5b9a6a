"""`python -m health_certs serve | work | migrate | …`."""

from chassis.run.cli import main
from health_certs.app import SERVICE

main(SERVICE)
