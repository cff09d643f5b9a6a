"""Operations: parse, one call, shape the answer. A module per kind of caller."""
