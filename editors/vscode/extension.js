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
const ANSWER_MS = 30 * 1000;
const LAST_WORDS_MS = 2000; // what it wrote before it ended may come after the end of the pipe

let session; // of the running client; undefined where none could be started
let giveUp = () => {}; // ends a start that was not answered yet
let turn = Promise.resolve(); // starts and stops follow one another

const folders = () => (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");

/** The command as the setting, the workspace or the PATH name it. */
function command() {
  const chosen = vscode.workspace.getConfiguration("tglc").get("path")?.trim();
  const roots = folders().map((folder) => folder.uri.fsPath);
  if (chosen) return written(chosen, roots[0], os.homedir());
  return (vscode.workspace.isTrusted && inVenv(roots)) || "tglc";
}

/** The tglc of a folder's own environment. */
function inVenv(roots) {
  const inside = process.platform === "win32" ? [".venv", "Scripts", "tglc.exe"] : [".venv", "bin", "tglc"];
  return roots.map((root) => path.join(root, ...inside)).find((file) => fs.existsSync(file));
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

/** An error with what a person can do about it: labels and commands, some of them with an argument. */
async function complain(shared, words, first = []) {
  shared.status.severity = vscode.LanguageStatusSeverity.Error;
  shared.status.text = "tglc: not running";
  shared.status.detail = words;
  shared.channel.appendLine(words);
  const offered = new Map([
    ...first,
    ["Try again", () => vscode.commands.executeCommand("tgl.restart")],
    ["Set tglc.path", () => vscode.commands.executeCommand("workbench.action.openSettings", "tglc.path")],
    ["Copy the install command", () => vscode.env.clipboard.writeText(INSTALL)],
    ["Show output", () => shared.channel.show(true)],
  ]);
  const found = await vscode.window.showErrorMessage(words, ...offered.keys());
  await offered.get(found)?.();
}

/** What is missing, and how to get it. */
function missing(shared, chosen) {
  if (chosen !== "tglc") {
    return complain(shared, `tgl: \`${chosen}\` is no program, so there are only colours. See the setting tglc.path.`);
  }
  if (!vscode.workspace.isTrusted && inVenv(folders().map((folder) => folder.uri.fsPath))) {
    const words = "tgl: the workspace's .venv has a tglc. It is started when you trust the workspace; until then there are only colours.";
    return complain(shared, words, [["Manage trust", () => vscode.commands.executeCommand("workbench.trust.manage")]]);
  }
  const words = "tgl: there is no `tglc` on the PATH and none in a .venv of the workspace, so there are only colours.";
  return complain(shared, `${words} Install it with ${INSTALL}, or set tglc.path.`);
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
  const own = shared.starts;
  session = undefined;
  if (tglc === undefined) {
    void missing(shared, chosen);
    return;
  }
  let tail = "";
  let ended;
  const state = {
    started: false,
    said: () => (tail.trim() ? ` It said: ${tail.trim().split("\n").slice(-6).join(" ")}` : ""),
  };
  let gone;
  const over = new Promise((_done, fail) => (gone = fail));
  // Without a pause between start and return: the client must listen before anything can end.
  const server = async () => {
    tail = "";
    const made = spawn(tglc, ["lsp", "--stdio"], { cwd: folders()[0]?.uri.fsPath });
    made.stderr.setEncoding("utf8").on("data", (text) => (tail = (tail + text).slice(-2000)));
    ended = new Promise((done) => made.once("close", done));
    giveUp = () => state.started || made.kill();
    made.once("error", gone).once("close", () => gone(new Error("it ended")));
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
  const late = setTimeout(() => {
    tail += `no answer within ${ANSWER_MS / 1000} s`;
    giveUp();
  }, ANSWER_MS);
  try {
    await Promise.race([client.start(), over]);
  } catch (error) {
    clearTimeout(late);
    if (shared.starts !== own) return; // another start follows, and that one counts
    await Promise.race([ended, new Promise((done) => setTimeout(done, LAST_WORDS_MS))]);
    const words = state.said() || ` (${error.message ?? error})`;
    void complain(shared, `tgl: \`${tglc} lsp\` did not start.${words}`);
    return;
  }
  clearTimeout(late);
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
  shared.starts += 1;
  giveUp();
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
  const shared = { channel, status, watcher, version: context.extension.packageJSON.version, starts: 0 };
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
  giveUp();
  await turn;
  await stop();
}

module.exports = { activate, deactivate, fits, located, written };
