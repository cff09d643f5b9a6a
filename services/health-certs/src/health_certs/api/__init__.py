"""The operations of the contract, by who calls them."""
