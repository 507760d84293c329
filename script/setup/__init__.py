"""Sets up, starts and checks Loomprint with nothing but Python's standard library."""
