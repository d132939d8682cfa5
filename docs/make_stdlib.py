"""Write `stdlib.md`: run this after a file of `stdlib/` was changed.

python docs/make_stdlib.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAD = """# The standard library

What `tglc doc` prints, written by `python docs/make_stdlib.py`. `tglc doc std.scaling` shows one module.

"""

if __name__ == "__main__":
    printed = subprocess.run(
        [sys.executable, "-m", "tgl.cli.main", "doc"], check=True, capture_output=True, text=True
    ).stdout
    Path(__file__).with_name("stdlib.md").write_text(HEAD + printed, encoding="utf-8")
