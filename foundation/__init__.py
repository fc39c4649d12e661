"""Settings, errors, clock and log: what every room stands on. Knows nothing of papers."""
