"""The exit statuses of every command."""

from __future__ import annotations

OK = 0
"""All went well."""
NEGATIVE = 1
"""A negative answer: an invalid association, nothing matched with ``-e``, a file to be reformatted."""
ERROR = 2
"""Wrong usage, unreadable or malformed input, or a write that failed."""
BUG = 70
"""A bug in asntools (EX_SOFTWARE of sysexits.h)."""
