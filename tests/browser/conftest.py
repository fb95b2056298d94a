"""The fixtures of the integration tests, for the page in a browser."""

import importlib.util
import sys
from pathlib import Path

INTEGRATION = Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(INTEGRATION))
_spec = importlib.util.spec_from_file_location("integration_conftest", INTEGRATION / "conftest.py")
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
services, make_registry = _conftest.services, _conftest.make_registry
pytest_runtest_makereport = _conftest.pytest_runtest_makereport
