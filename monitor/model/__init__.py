"""The nouns, pure: what was promised, what is reported, what is found."""
