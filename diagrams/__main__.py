"""`python -m diagrams` draws every diagram anew."""

from diagrams.generate import main

main()
