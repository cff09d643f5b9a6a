"""The rules of building permits: pure, standard library only; time, ids and other calendars come in
as arguments."""
