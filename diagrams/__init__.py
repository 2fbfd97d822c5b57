"""Diagrams of the stack, drawn from its synthesized template by `python -m diagrams`."""
