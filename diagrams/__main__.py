"""`python -m diagrams` draws all diagrams."""

from diagrams.generate import main

main()
