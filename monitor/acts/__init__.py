"""What people do, each act with its actor: who, by which door, why.

The doors (the command line, the page, the API, the links in letters) parse and show; what may be done, and what it does, is
decided here. An act and what it changes are written in one transaction, and every act is kept.
"""
