"""Operations, by whom they're for: parse, one call, shape the answer."""
