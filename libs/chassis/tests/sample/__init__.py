"""The smallest service: what the chassis is tested with."""
