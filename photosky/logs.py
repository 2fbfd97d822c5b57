"""The functions' log: one JSON object per line, with the field names that log queries use."""

import json
import logging
import os
import sys
import time
from typing import Final

LEVEL_VARIABLE: Final = "PHOTOSKY_LOG_LEVEL"
"""The environment variable with the lowest level that is logged."""

TRACE_VARIABLE: Final = "_X_AMZN_TRACE_ID"
"""Set by Lambda's runtime for each invocation (Lambda guide, "Defined runtime environment variables")."""


class JsonFormatter(logging.Formatter):
    """Formats a record with its `extra` fields, and the class and traceback of its exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": f"{time.strftime(_TIME, time.gmtime(record.created))},{int(record.msecs):03}+0000",
            "service": "photosky",
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info and record.exc_info[0]:
            line |= {"exception": self.formatException(record.exc_info), "exception_name": record.exc_info[0].__name__}
        if trace_id := _trace_id():
            line["xray_trace_id"] = trace_id
        return json.dumps(line, separators=(",", ":"), default=str)


def create_logger() -> logging.Logger:
    """A logger that writes to standard output, outside the hierarchy: Lambda configures the root logger itself."""
    created = logging.Logger("photosky", os.environ.get(LEVEL_VARIABLE, "INFO"))
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    created.addHandler(handler)
    return created


_TIME: Final = "%Y-%m-%d %H:%M:%S"
_STANDARD: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
"""The attributes of every record; others are `extra` fields."""


def _trace_id() -> str | None:
    """The root of the current trace, without its prefix `Root=`."""
    root = os.environ.get(TRACE_VARIABLE, "").partition(";")[0]
    return root.removeprefix("Root=") or None
