"""The service's own PostgreSQL: transactions, migrations, sealed columns."""
