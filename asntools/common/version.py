"""The version of asntools; the wheel and the sdist take theirs from here."""

__version__ = "0.1.0"
