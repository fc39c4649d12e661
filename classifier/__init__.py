"""Paper text in, predictions out. Knows no database."""
