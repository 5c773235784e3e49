"""One module per group of rows of the table: each has ``measure(bench)``, which yields rows."""
