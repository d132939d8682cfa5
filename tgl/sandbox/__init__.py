"""Running generated code: apart from this process, its files, its network and its tests' verdict."""

from tgl.sandbox.find import find_sandbox
from tgl.sandbox.verdicts import Check, Limits, NoSandbox, Outcome, Sandbox, Verdict

__all__ = ["Check", "Limits", "NoSandbox", "Outcome", "Sandbox", "Verdict", "find_sandbox"]
