"""Serving the site while it is edited."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docs_site.staging import Staging

_SECONDS = 0.5


def serve(staging: Staging) -> int:
    """Run the generator's server until Ctrl-C, and stage each page when it is saved."""
    with subprocess.Popen([sys.executable, "-m", "zensical", "serve"], cwd=staging.folder) as server:
        seen = _saved(staging)
        try:
            while server.poll() is None:
                time.sleep(_SECONDS)
                now = _saved(staging)
                for source in (name for name in now if now[name] != seen.get(name)):
                    staging.stage(source)
                seen = now
        except KeyboardInterrupt:
            server.terminate()
    return 0


def _saved(staging: Staging) -> dict[str, int]:
    return {name: (staging.root / name).stat().st_mtime_ns for name in staging.sources()}
