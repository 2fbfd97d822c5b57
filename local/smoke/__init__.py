"""The smoke test: the journey of a user through a deployed stack, compared with the contract and the environment."""
