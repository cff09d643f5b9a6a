"""The rules of transactions, without a database."""
