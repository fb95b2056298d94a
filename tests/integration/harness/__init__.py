"""What the integration tests stand on: real services, registries of their own, programs as processes."""

from .registry import Registry
from .services import Services
from .wait import wait_until

__all__ = ["Registry", "Services", "wait_until"]
