"""The page: officials look and ask, departments report and answer, administrators edit. A door: it parses, calls and shows.

Pages are made on the server (Jinja2) and readable without a script; what scripts there are make them quicker. So a letter's link,
a phone and a screen reader get the same page, no inline code has to be allowed, a reader costs the server nothing while reading,
and nothing has to be built. NiceGUI was the other choice: its pages need a script, a socket and an inline style each.
"""
