"""Operations: parse, one call, shape the answer."""
