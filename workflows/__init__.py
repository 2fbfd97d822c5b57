"""CDK: the state machines."""
