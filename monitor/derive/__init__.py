"""A resolution's text to a draft of `rules/<resolution>/`: by rules and a grammar, with no model of the language.

`formats` read a document into passages, `outline` finds the part that holds the targets, `promise` reads the figures of one
passage, `guess` adds what a text does not say (measure, due, owner), `draft` and `report` write it down. What cannot be read
for certain is marked for a person; no figure of the targets' part is dropped: it becomes a target, or is listed as not read.
"""
