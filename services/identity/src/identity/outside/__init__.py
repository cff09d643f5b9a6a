"""HTTP to the national login and to the commercial register, which no transaction may wait for."""
