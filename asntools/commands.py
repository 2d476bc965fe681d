"""The commands as an installation starts them: an interrupt ends them quietly from the first moment on.

Python would print a traceback where it strikes during the imports, and would wait for the end of a jq
program. What must not be cut short holds it back for a moment; see `asntools.common.staging`.
"""

from _signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal  # type: ignore[import-not-found]

if getsignal(SIGINT) is default_int_handler:  # but not if interrupts are ignored, as by nohup
    signal(SIGINT, SIG_DFL)


def __getattr__(room: str) -> object:
    from importlib import import_module

    try:
        return import_module(f"asntools.{room}.cli").main
    except ModuleNotFoundError:
        raise AttributeError(f"asntools has no command for {room!r}") from None
