"""The demo: from the sandbox through Meltano into DuckDB, and answers from what arrived."""
