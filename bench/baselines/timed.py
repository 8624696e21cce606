def _timed(handle):  # type: ignore[no-untyped-def]
    """Added by the benchmark: log the handler's duration, as Lambda's REPORT line does, and the process's CPU time."""
    import time

    def handler(event, context):  # type: ignore[no-untyped-def]
        began, busy = time.perf_counter(), time.process_time()
        try:
            return handle(event, context)
        finally:
            print(f"bench: {time.perf_counter() - began:.6f} s, {time.process_time() - busy:.6f} s computing")

    return handler


handler = _timed(handler)  # type: ignore[name-defined, no-untyped-call]  # noqa: F821
