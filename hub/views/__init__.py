"""The read model: SQL to values, for pages and the API. Knows no HTTP, changes nothing."""
