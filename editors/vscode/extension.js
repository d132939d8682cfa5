// Starts `tglc lsp` and shows what it says. All knowledge of the language is in tglc.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const vscode = require("vscode");
const { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } = require("vscode-languageclient/node");

const INSTALL = "pip install 'tgl[lsp]'";
// The server works on files of this machine. What a comparison or another extension shows is only coloured.
const DOCUMENTS = [
  { scheme: "file", language: "tgl" },
  { scheme: "untitled", language: "tgl" },
];
// A server that fails more often than this within the time is left alone.
const MOST_FAILURES = 4;
const FAILURES_MS = 3 * 60 * 1000;
const LAST_WORDS_MS = 2000; // what it wrote before it ended may come after the end of the pipe

let session; // of the running client; undefined where none could be started
let turn = Promise.resolve(); // starts and stops follow one another

const folders = () => (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");

/** The command as the setting, the workspace or the PATH name it. */
function command() {
  const chosen = vscode.workspace.getConfiguration("tglc").get("path")?.trim();
  const roots = folders().map((folder) => folder.uri.fsPath);
  if (chosen) return written(chosen, roots[0], os.homedir());
  if (vscode.workspace.isTrusted) {
    const inside = process.platform === "win32" ? [".venv", "Scripts", "tglc.exe"] : [".venv", "bin", "tglc"];
    for (const root of roots) {
      const found = path.join(root, ...inside);
      if (fs.existsSync(found)) return found;
    }
  }
  return "tglc";
}

/** A path as a person writes it: `~` is the home, the folder that is open stands before a relative one. */
function written(text, root, home) {
  const full = text.replace(/^~(?=$|[\\/])/, home).replaceAll("${workspaceFolder}", root ?? "${workspaceFolder}");
  return root && /[\\/]/.test(full) && !path.isAbsolute(full) ? path.join(root, full) : full;
}

/** Where a command is, undefined if nowhere. */
function located(name, searched) {
  const ends = process.platform === "win32" ? ["", ".exe", ".cmd", ".bat"] : [""];
  const places = /[\\/]/.test(name) ? [""] : searched.split(path.delimiter).filter(Boolean);
  for (const place of places) {
    for (const end of ends) {
      const file = path.join(place, name + end);
      try {
        fs.accessSync(file, fs.constants.X_OK);
        if (fs.statSync(file).isFile()) return file;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

// 0.1.3 and 0.1.7 fit together, 0.1 and 0.2 may not.
function fits(one, other) {
  const line = (version) => String(version).split(".").slice(0, 2).join(".");
  return line(one) === line(other);
}

/** An error with what a person can do about it. */
async function complain(shared, words) {
  shared.status.severity = vscode.LanguageStatusSeverity.Error;
  shared.status.text = "tglc: not running";
  shared.status.detail = words;
  shared.channel.appendLine(words);
  const found = await vscode.window.showErrorMessage(words, "Try again", "Set tglc.path", "Copy the install command", "Show output");
  if (found === "Try again") await vscode.commands.executeCommand("tgl.restart");
  if (found === "Set tglc.path") await vscode.commands.executeCommand("workbench.action.openSettings", "tglc.path");
  if (found === "Copy the install command") await vscode.env.clipboard.writeText(INSTALL);
  if (found === "Show output") shared.channel.show(true);
}

/** Its own errors go to the output: what a person must know is told by `complain`, once. */
class Client extends LanguageClient {
  error(message, data) {
    super.error(message, data, false);
  }
}

/** What happens when the pipe to the server breaks. `started` tells whether it had ever answered. */
function failures(shared, state) {
  const times = [];
  return {
    error: (_error, _message, count) => ({
      action: count !== undefined && count <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown,
      handled: true,
    }),
    closed: () => {
      if (!state.started) return { action: CloseAction.DoNotRestart, handled: true };
      const now = Date.now();
      times.push(now);
      if (times.filter((time) => now - time < FAILURES_MS).length <= MOST_FAILURES) {
        return { action: CloseAction.Restart, handled: true, message: "tglc ended unexpectedly; it is started again." };
      }
      void complain(shared, `tgl: tglc ended ${times.length} times within minutes and is left alone.${state.said()}`);
      return { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}

async function start(shared) {
  const { channel, status, version } = shared;
  const chosen = command();
  const tglc = located(chosen, process.env.PATH ?? "");
  session = undefined;
  if (tglc === undefined) {
    const where = chosen === "tglc" ? "There is no `tglc` on the PATH and none in a .venv of the workspace" : `\`${chosen}\` is no program`;
    void complain(shared, `tgl: ${where}, so there are only colours. Install it with ${INSTALL}, or set tglc.path.`);
    return;
  }
  let tail = "";
  let ended;
  const state = {
    started: false,
    said: () => (tail.trim() ? ` It said: ${tail.trim().split("\n").slice(-6).join(" ")}` : ""),
  };
  const server = async () => {
    tail = "";
    const made = spawn(tglc, ["lsp", "--stdio"], { cwd: folders()[0]?.uri.fsPath });
    made.stderr.setEncoding("utf8").on("data", (text) => (tail = (tail + text).slice(-2000)));
    ended = new Promise((done) => made.once("close", done));
    await new Promise((done, fail) => made.once("spawn", done).once("error", fail));
    return made;
  };
  const client = new Client("tglc", "tgl", server, {
    documentSelector: DOCUMENTS,
    outputChannel: channel,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    synchronize: { fileEvents: shared.watcher },
    initializationOptions: { extensionVersion: version },
    errorHandler: failures(shared, state),
    initializationFailedHandler: () => false,
  });
  try {
    await client.start();
  } catch (error) {
    await Promise.race([ended, new Promise((done) => setTimeout(done, LAST_WORDS_MS))]);
    const words = state.said() || ` (${error.message ?? error})`;
    void complain(shared, `tgl: \`${tglc} lsp\` did not start.${words}`);
    return;
  }
  state.started = true;
  session = { client, command: chosen };
  const found = client.initializeResult?.serverInfo?.version;
  status.severity = vscode.LanguageStatusSeverity.Information;
  status.text = `tglc ${found ?? ""}`.trim();
  status.detail = tglc;
  if (found && !fits(found, version)) {
    status.severity = vscode.LanguageStatusSeverity.Warning;
    void vscode.window.showWarningMessage(
      `tgl: the extension is version ${version} and ${tglc} is ${found}: install the same of both.`,
    );
  }
}

async function stop() {
  const { client } = session ?? {};
  session = undefined;
  try {
    await client?.stop();
  } catch {
    // it ended by itself
  }
}

function again(shared) {
  turn = turn.then(stop).then(() => start(shared));
  return turn;
}

async function activate(context) {
  const status = vscode.languages.createLanguageStatusItem("tglc", DOCUMENTS);
  status.name = "tglc";
  status.text = "tglc";
  status.command = { command: "tgl.restart", title: "Restart" };
  const channel = vscode.window.createOutputChannel("tgl");
  const watcher = vscode.workspace.createFileSystemWatcher("**/*.tgl");
  const shared = { channel, status, watcher, version: context.extension.packageJSON.version };
  const ifOther = () => (command() === session?.command ? undefined : again(shared));
  context.subscriptions.push(
    status,
    channel,
    watcher,
    vscode.commands.registerCommand("tgl.restart", () => again(shared)),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("tglc.path") && again(shared)),
    vscode.workspace.onDidChangeWorkspaceFolders(ifOther),
    vscode.workspace.onDidGrantWorkspaceTrust(ifOther),
  );
  turn = start(shared);
  await turn;
}

async function deactivate() {
  await turn;
  await stop();
}

module.exports = { activate, deactivate, fits, located, written };
