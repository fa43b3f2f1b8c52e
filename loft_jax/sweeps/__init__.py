"""Many models, many attacks, one table: cells found again by the hash of their configuration."""
