"""Operations: one function per operationId of `contracts/openapi/identity.yaml`."""
