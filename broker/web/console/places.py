"""Places of the console that a browser is sent to: only ours, and only such as can be looked at."""

from urllib.parse import urlsplit

from fastapi import Request

from broker.domain.local_paths import START, local_path


def here(request: Request) -> str:
    """Return the page that the reader looks at: this one, or the one on which the form stood that was sent."""
    if request.method in {"GET", "HEAD"}:
        query = request.scope["query_string"].decode("latin-1")
        path = str(request.scope["path"])
        return local_path(f"{path}?{query}" if query else path)
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return START
    if came.netloc != request.headers.get("host"):
        return START
    return local_path(f"{came.path}?{came.query}" if came.query else came.path)
