// For trials only, never packaged: a function's text comes over a socket in the trial's own folder, is run with the
// editor's API, and what it returned goes back.
"use strict";

const http = require("node:http");
const vscode = require("vscode");

const AsyncFunction = (async () => {}).constructor;

function activate(context) {
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", async () => {
      try {
        const { text, args } = JSON.parse(body);
        const found = await new AsyncFunction("vscode", "args", `return (${text})(vscode, ...args)`)(vscode, args);
        response.end(JSON.stringify({ found }));
      } catch (error) {
        response.end(JSON.stringify({ error: String(error?.message ?? error) }));
      }
    });
  });
  server.listen(vscode.workspace.getConfiguration("tglProbe").get("socket"));
  context.subscriptions.push({ dispose: () => server.close() });
}

module.exports = { activate };
