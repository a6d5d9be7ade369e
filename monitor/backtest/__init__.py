"""How early and how calm the assessment is, measured on series whose years are over: the year-end back-test."""
