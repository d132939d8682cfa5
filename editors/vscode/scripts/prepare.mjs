// The grammar has one home, grammar/ at the top of the repository; the package takes a copy.
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${here}/syntaxes`, { recursive: true });
copyFileSync(`${here}/../../grammar/tgl.tmLanguage.json`, `${here}/syntaxes/tgl.tmLanguage.json`);
