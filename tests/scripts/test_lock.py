import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _strip_never(text: str) -> str:
    spec = importlib.util.spec_from_file_location("lock", ROOT / "scripts" / "lock.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.strip_never(text)


def test_requirements_that_can_never_hold_are_dropped_with_their_hashes() -> None:
    lock = (
        "click==8.5.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "torch==2.15.0 ; sys_platform == 'never' \\\n    --hash=sha256:cc\n"
        "zipp==3.0 ; python_version < '3.12' \\\n    --hash=sha256:dd\n"
    )
    assert _strip_never(lock) == (
        "click==8.5.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "zipp==3.0 ; python_version < '3.12' \\\n    --hash=sha256:dd\n"
    )
