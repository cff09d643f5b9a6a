"""`python -m tenders serve | work | migrate …`."""

from chassis.run.cli import main
from tenders.app import SERVICE

main(SERVICE)
