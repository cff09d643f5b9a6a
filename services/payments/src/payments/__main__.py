"""`python -m payments serve | work | migrate …`."""

from chassis.run.cli import main
from payments.app import SERVICE

main(SERVICE)
