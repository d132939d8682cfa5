// Starts `tglc lsp` and shows what it says. All knowledge of the language is in tglc.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function command() {
  const chosen = vscode.workspace.getConfiguration("tglc").get("path");
  if (chosen) return chosen;
  if (vscode.workspace.isTrusted) {
    const inside = process.platform === "win32" ? [".venv", "Scripts", "tglc.exe"] : [".venv", "bin", "tglc"];
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const found = path.join(folder.uri.fsPath, ...inside);
      if (fs.existsSync(found)) return found;
    }
  }
  return "tglc";
}

// 0.1.3 and 0.1.7 fit together, 0.1 and 0.2 may not.
function fits(one, other) {
  const line = (version) => String(version).split(".").slice(0, 2).join(".");
  return line(one) === line(other);
}

async function start(context) {
  const tglc = command();
  client = new LanguageClient(
    "tglc",
    "tgl",
    { command: tglc, args: ["lsp", "--stdio"] },
    {
      documentSelector: [{ language: "tgl" }],
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.tgl") },
      initializationOptions: { extensionVersion: context.extension.packageJSON.version },
    },
  );
  try {
    await client.start();
  } catch (error) {
    const words = `tgl: \`${tglc} lsp\` did not start. Install it with pip install 'tgl[lsp]', or set tglc.path.`;
    void vscode.window.showErrorMessage(`${words} (${error.message ?? error})`);
    return;
  }
  const server = client.initializeResult?.serverInfo?.version;
  const own = context.extension.packageJSON.version;
  if (server && !fits(server, own)) {
    void vscode.window.showWarningMessage(
      `tgl: the extension is version ${own} and tglc is ${server}: install the same of both.`,
    );
  }
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("tgl.restart", async () => {
      await client?.stop();
      await start(context);
    }),
  );
  await start(context);
}

async function deactivate() {
  await client?.stop();
}

module.exports = { activate, deactivate, fits };
