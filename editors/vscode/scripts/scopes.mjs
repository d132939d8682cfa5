// The scopes that the grammar gives to the files named on standard input (a JSON list), as VS Code sees them:
// for each file a list of [start, end, scopes], offsets in UTF-16 units.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const grammarPath = fileURLToPath(new URL("../../../grammar/tgl.tmLanguage.json", import.meta.url));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(grammarPath, "utf8"), grammarPath),
});
const grammar = await registry.loadGrammar("source.tgl");

const found = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  let state = textmate.INITIAL;
  let start = 0;
  const tokens = [];
  for (const line of text.split("\n")) {
    const result = grammar.tokenizeLine(line, state);
    for (const token of result.tokens) {
      tokens.push([start + token.startIndex, start + token.endIndex, token.scopes.join(" ")]);
    }
    state = result.ruleStack;
    start += line.length + 1;
  }
  found.push(tokens);
}
process.stdout.write(JSON.stringify(found));
