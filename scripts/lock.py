"""Write requirements.lock and requirements-dev.lock again from pyproject.toml. Needs uv.

Both locks are complete, hash-pinned, valid on every platform and Python from 3.11 on, and name
no package host. What the override in pyproject.toml rules out everywhere (`sys_platform ==
'never'`: torch and what comes with it) is left out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {"requirements.lock": ["build"], "requirements-dev.lock": ["build", "dev"]}


def strip_never(lock: str) -> str:
    """Drop requirements whose marker can never hold.

    Args:
        lock: Text of a lock file: a requirement a block, hashes on continued lines.

    Returns:
        The text without blocks whose marker asks for `sys_platform == 'never'`.
    """
    blocks = re.split(r"\n(?=\S)", lock.rstrip("\n"))
    return "\n".join(block for block in blocks if "'never'" not in block.partition("\\")[0]) + "\n"


def main() -> int:
    """Compile both locks; returns the exit code."""
    uv = shutil.which("uv")
    if uv is None:
        sys.stderr.write("uv is needed to write the locks: pip install uv\n")
        return 2
    for name, groups in LOCKS.items():
        command = [uv, "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"]
        for group in groups:
            command += ["--group", group]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
        (ROOT / name).write_text(strip_never(done.stdout), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
