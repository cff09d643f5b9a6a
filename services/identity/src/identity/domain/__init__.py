"""The rules of identity: pure, standard library only; time and ids come in as arguments."""
