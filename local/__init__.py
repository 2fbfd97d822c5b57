"""The stack on this machine: `commands/` has the commands of `python -m local`, `emulator/` is AWS in this process."""
