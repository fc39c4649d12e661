"""One file a format: a snapshot (or papers) in, bytes out."""
