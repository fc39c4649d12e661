"""What is remembered: SQLModel tables, migrations, papers, labels, harvests, search."""
