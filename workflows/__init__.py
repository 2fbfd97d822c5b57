"""The state machines, as CDK constructs."""
