"""The stack on this machine: `commands/` is what a person types, `emulator/` is AWS in this process."""
