"""From text to columns to files: reading dumps, finding them in folders, and converting them."""
