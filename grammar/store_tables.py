"""Write `tables.json`, the parser's tables, from `tgl.lark`: run this after the grammar was changed.

python grammar/store_tables.py
"""

from __future__ import annotations

from pathlib import Path

from tgl.syntax.tables import stored_text

if __name__ == "__main__":
    folder = Path(__file__).parent
    text = stored_text((folder / "tgl.lark").read_text(encoding="utf-8"))
    (folder / "tables.json").write_text(text, encoding="utf-8")
