"""From the first argument to the exit code: one line for what went wrong, never a stack trace.

Exit codes: 0 done, 2 wrong input, 3 no such thing, 4 not signed in or not allowed, 5 conflict, 6 too many tries,
7 a source of footage failed, 8 the broker cannot work now, 70 an error of the program, 130 interrupted.
"""

import sys
from collections.abc import Sequence
from typing import Any

from typer import Abort, TyperException

from broker.cli import crash
from broker.cli.environment import wanted_language
from broker.cli.texts import explain, speak, tell
from broker.cli.tree import program
from broker.domain.errors import BrokerError

EXIT_CODES = {
    "invalid": 2,
    "too-large": 2,
    "unknown": 3,
    "unauthenticated": 4,
    "forbidden": 4,
    "conflict": 5,
    "throttled": 6,
    "source-fault": 7,
    "unavailable": 8,
    "broken-promise": 1,  # the demonstration found something that is not as it says
}
USAGE = 2
INTERNAL = 70
INTERRUPTED = 130

_USAGE_SLUGS = {
    "MissingParameter": "usage-missing",
    "NoSuchOption": "usage-no-such-option",
    "BadOptionUsage": "usage-option",
    "BadParameter": "usage-value",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    speak(wanted_language())
    try:
        code = program().main(args=arguments, prog_name="xueliang", standalone_mode=False)
        sys.stdout.flush()
    except BrokerError as error:
        _say(explain(error))
        return EXIT_CODES.get(error.kind, INTERNAL)
    except TyperException as error:
        return _usage(error)
    except Abort:
        _say(tell("aborted"))
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `xueliang audit list | head`: the reader has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001  # the last door: whatever it is, the person reads one line
        _say(crash.report(error))
        return INTERNAL
    return code if isinstance(code, int) else 0


def _usage(error: TyperException) -> int:
    """Tell in one line what is wrong with the command line, and where help is."""
    name = type(error).__name__
    if name == "NoArgsIsHelpError":
        print(error.format_message())  # noqa: T201  # the page of help, asked for by saying nothing
        return USAGE
    context: Any = getattr(error, "ctx", None)
    where = f"{context.command_path} --help" if context is not None else "xueliang --help"
    parameter: Any = getattr(error, "param", None)
    facts = {
        "option": getattr(error, "option_name", "") or _named(parameter),
        "near": ", ".join(getattr(error, "possibilities", None) or ()) or "-",
        "detail": error.message,
    }
    complaint = tell(f"error.{_USAGE_SLUGS.get(name, 'usage-other')}", **facts)
    _say(f"{complaint} {tell('usage.help', command=where)}")
    return USAGE


def _named(parameter: Any) -> str:
    if parameter is None:
        return ""
    return str(parameter.opts[0]) if parameter.param_type_name == "option" else str(parameter.name).upper()


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201  # the one line that a person reads
