"""Pictures of the stack, generated from its synthesized template: `python -m diagrams` draws them anew."""
