"""Operations, by reader: parse, one call, shape the answer."""
