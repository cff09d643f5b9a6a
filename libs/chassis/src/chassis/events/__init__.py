"""Events out and in: outbox, relay, inbox, consumer, dead letters, Kafka."""
