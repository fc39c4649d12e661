"""Read-only questions on the whole store, answered with frozen types."""
