"""One function a command: the stages, in order. No terminal, no exit."""
