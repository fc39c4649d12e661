"""Asks the sources and returns drafts. Knows no database."""
