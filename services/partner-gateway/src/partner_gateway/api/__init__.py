"""Operations of the partner gateway, one function per operationId."""
