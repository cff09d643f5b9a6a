"""Operations: parse, one call, shape the answer. Each module serves one kind of caller."""
