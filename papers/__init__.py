"""What a paper is, wherever it came from: drafts, ids, text. Pure: no network, no database."""
