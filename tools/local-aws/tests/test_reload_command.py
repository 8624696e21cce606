"""``local-aws up --watch`` and ``local-aws reload`` as a user runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.aws import AwsEndpoint
from local_aws.reload.application import running_application
from local_aws.testing.toy_application import until
from reloadable_toy import Sources
from test_command import up, wait_for_variables

if TYPE_CHECKING:
    import pytest


def reload(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("local-aws")), "reload", *words]
    return subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False)


def test_an_application_is_reloaded_when_its_source_is_saved_and_by_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = Sources(tmp_path)
    for name, value in sources.variables.items():
        monkeypatch.setenv(name, value)
    words = ("--shared", str(sources.shared))
    process = up(tmp_path, str(sources.root / "template.yaml"), "--watch", *words)
    wait_for_variables(tmp_path, process)
    client = AwsEndpoint(running_application(tmp_path).endpoint.url).lambda_()

    def version(function: str) -> str:
        return client.get_alias(FunctionName=f"toy-toy-{function}", Name="live")["FunctionVersion"]

    sources.edit("judge.py", "    return wish\n", "    return str(wish)\n")
    until(lambda: version("judge") == "2", seconds=120)
    (sources.shared / "words.py").write_text('STORED = "rejected"\n')
    until(lambda: (version("judge"), version("conveyor")) == ("3", "2"), seconds=120)
    again = reload(tmp_path, "Judge", *words)
    sources.edit("judge.py", "    return str(wish)\n", "    return str(wish\n")
    broken = reload(tmp_path, "Judge", *words)

    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("Judge: version 3 is unchanged (")
    assert broken.returncode == 1
    assert broken.stdout.startswith("Judge: not reloaded, version 3 stays live (")
    assert "judge.py, line " in broken.stdout
    unknown = reload(tmp_path, "Jury", *words)
    assert unknown.returncode == 1
    assert unknown.stderr == "error: there is no Jury to reload, only Judge, Conveyor, shared\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "watching Judge: version 1\n" in output
    assert "Judge: version 2 is live (" in output
