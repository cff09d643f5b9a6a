"""The operations of contracts/openapi/permits.yaml, by operationId."""
