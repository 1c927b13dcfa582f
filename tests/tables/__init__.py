"""Makes the matching engine's character tables out of published data: `make tables`.

Runs in an environment of its own (see the Makefile), with the versions that are pinned there. What it writes must not
depend on the Python that runs it, so characters are asked of unicodedata2 (Unicode 16) and never of unicodedata.
"""
