"""COLLECT: the only code that fetches. Its one product is a ``Page`` in the store; it runs as a process of its own."""
