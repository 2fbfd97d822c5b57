"""CDK constructs without a runtime of their own: environments, the stack and its parts, packaging, monitoring."""
