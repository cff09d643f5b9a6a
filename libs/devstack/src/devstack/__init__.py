"""PostgreSQL, Kafka and the services on one machine, for `make demo`, `make up` and the tests."""
