"""TAG."""
from pipeline.tag.aligned import Aligned
from pipeline.tag.learn import learn
from pipeline.tag.tagger import Tagger, from_bytes, to_bytes
VERSION = 1
ALIGNED = "aligned-hash"
def whole(article):
    return ". ".join(x for x in (article.title.strip().rstrip("."), article.text.strip()) if x)
