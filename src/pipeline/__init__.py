"""Tideline's pipeline: verbs compute, nouns touch the world, ``flow.py`` joins them."""

__version__ = "0.1.0"
