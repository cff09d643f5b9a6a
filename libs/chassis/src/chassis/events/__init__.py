"""Events out and in: outbox, relay, inbox, consumer, parked events, Kafka."""
