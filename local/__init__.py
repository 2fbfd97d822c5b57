"""The stack on this machine: the emulator in our process, the adapters that close its gaps, and the real CDK CLI."""
