"""The API under /api/v1: for operation centres and reporting systems, with tokens that have a person's roles."""
