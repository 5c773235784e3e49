"""Analysis choices: which pulses are clean, and which region a pulse belongs to."""
