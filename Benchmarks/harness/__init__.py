"""The parts of relay.py."""
