"""Where every series stands as of a day, and which rules hold: a pure function of declarations, figures and day."""
