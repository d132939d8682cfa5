// A real VS Code, in a real browser: code-server on the loopback, Chromium without a window.
import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const HERE = fileURLToPath(new URL(".", import.meta.url));
export const ROOT = join(HERE, "../../..");
const TOOLS = process.env.TGL_EDITOR ?? join(HERE, "node_modules");
const CODE = join(TOOLS, "code-server/out/node/entry.js");

// The system's tools without any tglc.
export const BARE_PATH = "/usr/bin:/bin";

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is there; after a while an error with what was seen last. */
export async function until(what, ask, ms = 30000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      last = error.message;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${ms / 1000} s, last: ${JSON.stringify(last)}`);
    await pause(100);
  }
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function ask(socketPath, text, args) {
  return new Promise((done, fail) => {
    const sent = request({ socketPath, method: "POST", path: "/" }, (response) => {
      let body = "";
      response.on("data", (piece) => (body += piece));
      response.on("end", () => {
        const { found, error } = JSON.parse(body);
        if (error) fail(new Error(error));
        else done(found);
      });
    });
    sent.on("error", fail);
    sent.end(JSON.stringify({ text, args }));
  });
}

/**
 * Starts an editor with the packaged extension.
 *
 * `place` is what stands behind `?` in its address: folder=…, workspace=… or ew=true (no folder).
 * `path` is the PATH of the user's shell; `settings` are the user's.
 */
export async function start({ vsix, place, path, settings = {} }) {
  const { chromium } = (await import(join(TOOLS, "playwright-core/index.mjs")));
  const home = mkdtempSync(join(realpathSync(tmpdir()), "tgl-editor-"));
  const socket = join(home, "probe");
  mkdirSync(join(home, "data/User"), { recursive: true });
  const all = {
    "security.workspace.trust.enabled": false,
    "workbench.startupEditor": "none",
    "files.autoSave": "off", // a browser has it on
    "telemetry.telemetryLevel": "off",
    "tglProbe.socket": socket,
    ...settings,
  };
  writeFileSync(join(home, "data/User/settings.json"), JSON.stringify(all));
  // VS Code takes the environment of the user's login shell.
  writeFileSync(join(home, ".profile"), `export PATH=${path}\n`);
  const env = { HOME: home, PATH: path, SHELL: "/bin/bash", LANG: "C.UTF-8" };
  const folders = ["--user-data-dir", join(home, "data"), "--extensions-dir", join(home, "extensions")];
  execFileSync(process.execPath, [CODE, ...folders, "--install-extension", vsix], { env, stdio: "pipe" });
  cpSync(join(HERE, "probe"), join(home, "extensions/tgl.tgl-probe-0.0.1"), { recursive: true });
  rmSync(join(home, "extensions/extensions.json"), { force: true }); // the list is made anew of the folders

  const port = await freePort();
  const options = ["--bind-addr", `127.0.0.1:${port}`, "--auth", "none", "--disable-telemetry", "--disable-update-check"];
  const server = spawn(process.execPath, [CODE, ...folders, ...options], { env, stdio: "pipe", detached: true });
  let log = "";
  for (const pipe of [server.stdout, server.stderr]) pipe.on("data", (piece) => (log += piece));
  let browser;
  const stop = async () => {
    await browser?.close();
    try {
      process.kill(-server.pid, "SIGTERM"); // its own group: the server and what it started
    } catch {}
    await new Promise((done) => (server.exitCode === null ? server.once("exit", done) : done()));
    await pause(300);
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await until("the editor's server", () => log.includes("HTTP server listening"), 60000);
    browser = await chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox", "--disable-gpu"] });
    const page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
    await page.goto(`http://127.0.0.1:${port}/?${place}`);
    await page.waitForSelector(".monaco-workbench", { timeout: 60000 });
    const run = (made, ...args) => ask(socket, String(made), args);
    await until("the probe", () => run((vscode) => vscode.version), 60000);
    return { page, run, stop, home };
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${log}`);
  }
}

function browserPath() {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const first = found.find((path) => path && existsSync(path));
  if (!first) throw new Error("no Chromium here: apt-get install chromium, or name one in CHROMIUM");
  return first;
}
