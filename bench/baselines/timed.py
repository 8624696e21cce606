def _timed(handle):  # type: ignore[no-untyped-def]
    """Added by the benchmark: say how long the handler took, as Lambda's REPORT line does."""
    import time

    def handler(event, context):  # type: ignore[no-untyped-def]
        began = time.perf_counter()
        try:
            return handle(event, context)
        finally:
            print(f"bench: {time.perf_counter() - began:.6f} s")

    return handler


handler = _timed(handler)  # type: ignore[name-defined, no-untyped-call]  # noqa: F821
