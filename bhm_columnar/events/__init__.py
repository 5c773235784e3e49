"""What an event is: its columns, what is derived from them, and how coffea sees them."""
