"""Same words again: fingerprints that bring likely copies together, and a check of the words themselves.

``fingerprint`` gives the values under which a text is looked up, ``Index`` says which known texts share enough of
them, and ``copies`` then reads the texts and says which repeats which, and why: ``words`` turns a text into numbers,
``overlap`` lays two of them beside each other, ``senders`` knows press releases and wire texts, ``deciding`` chooses
the one origin. It knows no site, and it keeps no index: the values live in the store.
"""

from pipeline.dedupe.deciding import copies, copy_of
from pipeline.dedupe.index import BITS, VALUES, Index, Seen, fingerprint
from pipeline.dedupe.words import words_of

__all__ = ["BITS", "VALUES", "VERSION", "Index", "Seen", "copies", "copy_of", "fingerprint", "words_of"]

VERSION = 2
