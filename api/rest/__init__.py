"""The API for programs, under /api/v1. Every write goes through the hub's own commands."""
