"""What the library's requests cost as a collection grows."""
