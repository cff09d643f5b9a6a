"""`python -m transactions serve | work | migrate …`."""

from chassis.run.cli import main
from transactions.app import SERVICE

main(SERVICE)
