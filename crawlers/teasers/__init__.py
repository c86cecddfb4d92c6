"""Teasers: which links of a page stand for articles, judged by structure, addresses and what became of earlier ones.

One step a module: ``shapes`` (what an address looks like), ``anchors`` (the links and their structural paths),
``blocks`` (which part of the page belongs to a link), ``marks`` (what a link shows), ``scores`` (the verdict),
``dates`` (plain and relative dates), ``data`` (lists inside scripts). Nothing is fetched, stored or remembered here.
"""
