"""Evidence about transactions, made by hand."""

from tests.faults.registers.examples import BROKEN, GOOD

__all__ = ["BROKEN", "GOOD"]
