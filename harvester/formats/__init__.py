"""Lists of papers that people keep: BibTeX, RIS, CSL-JSON, rows of JSON or CSV."""
