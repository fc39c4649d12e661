"""One file a command: a plain `run()` and a thin wrapper."""
