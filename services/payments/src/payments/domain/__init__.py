"""The rules of bills and of the money that comes for them."""
