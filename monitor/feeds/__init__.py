"""Sources to clean observations; what cannot be used goes to quarantine."""
