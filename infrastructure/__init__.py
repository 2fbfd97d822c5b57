"""CDK without a runtime of its own: the environment, the stack and what its functions are packaged into."""
