"""The rules of identity. Time and ids are arguments."""
