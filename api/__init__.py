"""The landscape for programs: a read-only HTTP API and an MCP server over the same read functions."""
