"""Same event: an article is placed into a story on arrival, in one pass, and stays there.

``Window`` remembers the stories that are still open: their words, names and numbers, mean vector and times. An
inverted index over rare words brings up a few stories that may fit; ``place`` weighs what each shares with the
article against what speaks against it, and joins the best one or opens a new one. How much each thing weighs
depends on how much text there is: a bare headline needs its vector more than a full article does.
It finds no copies (``dedupe`` does; their story is given) and never moves an article later.
"""

from pipeline.cluster.placing import place
from pipeline.cluster.stream import lines
from pipeline.cluster.window import Window

__all__ = ["VERSION", "Window", "lines", "place"]

VERSION = 1
