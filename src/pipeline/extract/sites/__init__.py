"""One module a stubborn site, each with a function from the parsed page to its body, or None for "as usual".

None is needed yet. A site gets one only when the general reading fails on it; it is then registered in
``pipeline.extract.EXTRACTORS`` under its host.
"""
