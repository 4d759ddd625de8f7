"""The demo: from the sandbox through Meltano into DuckDB, and a chart of what arrived."""
