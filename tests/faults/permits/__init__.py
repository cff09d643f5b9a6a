"""The world of permits: requests, certificates and a partner's queries, from the owner's commit to the gateway."""
