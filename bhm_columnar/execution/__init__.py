"""Run a processor over files of events, on one core or on all of them."""
