"""The monitor as a service: each feed, the evaluation and each digest at its declared time, reloading, delivering, for years."""
