"""A TCP proxy of our own: the network between the parts, and what may become of it.

A process of its own carries every connection of every link, so that the harness's own
work slows down nothing; it ends as soon as the harness does. `modes` says what can be done
to a link, `link` does it, `network` is how the harness speaks to that process.
"""
