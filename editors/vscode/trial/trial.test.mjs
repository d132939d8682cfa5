// The packaged extension in a real VS Code, driven through its windows and its API. See install.sh for what it needs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { BARE_PATH, HERE, ROOT, pause, start, until } from "./editor.mjs";

const TGLC = process.env.TGLC ?? join(ROOT, ".venv/bin/tglc");
const VERSION = JSON.parse(readFileSync(join(HERE, "../package.json"), "utf8")).version;
const COMMON = `## Two models for trials.
model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
model gemma { provider local; weights "gemma-3-270m"; params 270M }
pool small = [smol, gemma]
`;
const MAIN = `use "./common.tgl" { small, smol }
use std.reduce     { majority }

## Answers at once.
role quick(question) -> answer { prompt "🙂 {{ question }}" }

graph solve(question) {
  node worker[~1..3] : quick on ~small
  node final         : majority
  edge worker -> final
  output final
}
`;
const OTHER = `use "../one/common.tgl" { smol }

role slow(question) -> answer { prompt "{{ question }}" }

graph solve(question) {
  node only : slow on smol
  output only
}
`;

const box = mkdtempSync(join(realpathSync(tmpdir()), "tgl-trial-"));
const one = join(box, "one");
const two = join(box, "two");
const uriOf = (path) => pathToFileURL(path).href;
const main = uriOf(join(one, "main.tgl"));
const vsix = join(HERE, `../tgl-${VERSION}.vsix`);

/** Line and UTF-16 column of an occurrence of a word. */
function place(text, word, nth = 0) {
  let at = -1;
  for (let k = 0; k <= nth; k++) at = text.indexOf(word, at + 1);
  assert.notEqual(at, -1, word);
  const before = text.slice(0, at);
  return [before.split("\n").length - 1, at - before.lastIndexOf("\n") - 1];
}

/** What a test does with an editor. */
function hands({ page, run }) {
  return {
    page,
    run,
    open: (uri) =>
      run(async (vscode, uri) => {
        const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
        await vscode.window.showTextDocument(document, { preview: false });
        return document.languageId;
      }, uri),
    found: (uri) =>
      run(
        (vscode, uri) =>
          vscode.languages.getDiagnostics(vscode.Uri.parse(uri)).map((entry) => ({
            code: entry.code,
            message: entry.message,
            line: entry.range.start.line,
            column: entry.range.start.character,
          })),
        uri,
      ),
    text: () => run((vscode) => vscode.window.activeTextEditor?.document.getText()),
    select: (line, column, length = 0) =>
      run(
        async (vscode, line, column, length) => {
          const editor = vscode.window.activeTextEditor;
          editor.selection = new vscode.Selection(line, column, line, column + length);
          editor.revealRange(editor.selection);
          await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
        },
        line,
        column,
        length,
      ),
    /** The file as it is on the disk. */
    revert: () => run((vscode) => vscode.commands.executeCommand("workbench.action.files.revert")),
    at: (command, uri, [line, column], ...more) =>
      run(
        async (vscode, command, uri, line, column, more) =>
          await vscode.commands.executeCommand(command, vscode.Uri.parse(uri), new vscode.Position(line, column), ...more),
        command,
        uri,
        line,
        column,
        more,
      ),
    messages: () => page.locator(".notifications-toasts .notification-list-item").allInnerTexts(),
    setting: (name, value) =>
      run(
        (vscode, name, value) => vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global),
        name,
        value,
      ),
  };
}

/** The language servers of an editor, by the home that only it has. */
function servers(home) {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const own = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`HOME=${home}`);
      return own && words.includes("lsp") && words.includes("--stdio");
    } catch {
      return false;
    }
  });
}

before(() => {
  execFileSync("npm", ["run", "package"], { cwd: join(HERE, ".."), stdio: "pipe" });
  for (const folder of [one, two]) mkdirSync(folder);
  writeFileSync(join(one, "common.tgl"), COMMON);
  writeFileSync(join(one, "main.tgl"), MAIN);
  writeFileSync(join(two, "other.tgl"), OTHER);
  writeFileSync(join(box, "alone.tgl"), MAIN.replace("./common.tgl", "./one/common.tgl"));
  writeFileSync(join(box, "all.code-workspace"), JSON.stringify({ folders: [{ path: "one" }] }));
  cpSync(join(ROOT, "examples/quickstart.tgl"), join(one, "quickstart.tgl"));
});
after(() => rmSync(box, { recursive: true, force: true }));

describe("with a tglc on the PATH", () => {
  let editor;
  let it;
  before(async () => {
    editor = await start({ vsix, place: `workspace=${join(box, "all.code-workspace")}`, path: `${dirname(TGLC)}:${BARE_PATH}` });
    it = hands(editor);
    assert.equal(await it.open(main), "tgl");
    await until("hints", () => it.page.locator(".view-line", { hasText: "3 options" }).count());
  });
  after(async () => editor?.stop());

  test("words, texts, numbers and comments have colours of their own", async () => {
    const colour = (line, text) =>
      it.page
        .locator(".view-line", { hasText: line })
        .locator("span span", { hasText: text })
        .last()
        .evaluate((found) => getComputedStyle(found).color);
    await it.open(uriOf(join(one, "common.tgl")));
    const line = /params.135M/;
    const seen = await until("colours", async () => {
      const all = [await colour(line, "model"), await colour(line, "smollm2"), await colour(line, "135M")];
      all.push(await colour(/Two.models/, "Two"), await colour(line, "smol"));
      return new Set(all).size >= 4 ? all : false;
    });
    assert.equal(new Set(seen.slice(0, 4)).size, 4, String(seen));
    await it.open(main);
  });

  test("a fault is underlined while it is typed, and its fix takes it away", async () => {
    const [line, column] = place(MAIN, "final", 2);
    await it.select(line, column, 5);
    await it.page.keyboard.type("finl");
    await it.page.keyboard.press("Escape");
    await until("a squiggle", () => it.page.locator(".squiggly-error").count());
    const [found] = await until("E0203", async () => {
      const all = await it.found(main);
      return all.length === 1 && all;
    });
    assert.deepEqual([found.code, found.line, found.column], ["E0203", line, column]);
    await it.page.keyboard.press("Control+.");
    await it.page.locator(".action-widget", { hasText: "write `final`" }).waitFor();
    await it.page.keyboard.press("Enter");
    await until("the fix", async () => (await it.text()) === MAIN);
    await until("no fault", async () => (await it.found(main)).length === 0);
    await until("no squiggle", async () => (await it.page.locator(".squiggly-error").count()) === 0);
  });

  test("hover shows form, options and comment", async () => {
    await it.page.locator(".view-line", { hasText: "quick on" }).locator("span span").filter({ hasText: "quick" }).last().hover();
    const shown = it.page.locator(".monaco-hover:visible", { hasText: "Answers at once." });
    await shown.first().waitFor({ timeout: 10000 });
    await it.page.mouse.move(5, 5);
  });

  test("completion offers models behind `on`, and a choice of it is written", async () => {
    const [line, column] = place(MAIN, "~small");
    await it.select(line, column + 1, 5);
    await it.page.keyboard.press("Delete");
    await it.page.keyboard.press("Control+Space");
    await it.page.locator(".suggest-widget .monaco-list-row", { hasText: "small" }).first().waitFor();
    const offered = await it.page.locator(".suggest-widget .monaco-list-row").allInnerTexts();
    assert.ok(!offered.some((row) => row.includes("quick")), String(offered));
    await it.page.keyboard.type("sma");
    await pause(300);
    await it.page.keyboard.press("Tab");
    await until("small", async () => (await it.text()) === MAIN);
  });

  test("definition leads into the other file", async () => {
    const [found] = await it.at("vscode.executeDefinitionProvider", main, place(MAIN, "small", 1));
    assert.equal(found.uri.path, join(one, "common.tgl"));
    assert.equal(found.range[0].line, 3);
  });

  test("rename reaches prompts behind an emoji and the file that is used; what does harm is refused with its reason", async () => {
    const found = await it.at("vscode.executeDocumentRenameProvider", main, place(MAIN, "small", 1), "tiny");
    assert.deepEqual(found.map(([uri]) => uri.path).sort(), [join(one, "common.tgl"), join(one, "main.tgl")]);
    const [line, column] = place(MAIN, "worker");
    await it.select(line, column);
    await it.page.keyboard.press("F2");
    await it.page.locator(".rename-box input:focus").waitFor();
    await it.page.keyboard.type("final");
    await it.page.keyboard.press("Enter");
    await until("the reason", async () => {
      const all = [...(await it.messages()), ...(await it.page.locator(".monaco-editor-overlaymessage").allInnerTexts())];
      return all.some((text) => text.includes("declared twice"));
    });
    assert.equal(await it.text(), MAIN);
    await it.run((vscode) => vscode.commands.executeCommand("notifications.clearAll"));
  });

  test("formatting is that of tglc fmt, and indents by two", async () => {
    await it.run(async (vscode) => {
      const editor = vscode.window.activeTextEditor;
      const all = editor.document.getText().replaceAll("\n  ", "\n       ");
      const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
      await editor.edit((edit) => edit.replace(new vscode.Range(new vscode.Position(0, 0), end), all));
      await vscode.commands.executeCommand("editor.action.formatDocument");
    });
    await until("two spaces", async () => (await it.text()) === MAIN);
  });

  test("a server that dies is started again, and knows what was typed since", async () => {
    const [first] = servers(editor.home);
    process.kill(Number(first), "SIGKILL");
    await until("another server", () => servers(editor.home).some((pid) => pid !== first));
    await it.select(...place(MAIN, "output final"));
    await it.page.keyboard.type("output nothing\n");
    await until("its findings", async () => (await it.found(main)).some((entry) => entry.message.includes("nothing named")));
    await it.revert();
    await until("no fault", async () => (await it.found(main)).length === 0);
    assert.deepEqual(await it.messages(), []);
    assert.equal(servers(editor.home).length, 1);
  });

  test("the command restarts it", async () => {
    const before = servers(editor.home);
    await it.run((vscode) => vscode.commands.executeCommand("tgl.restart"));
    const now = servers(editor.home);
    assert.equal(now.length, 1);
    assert.notDeepEqual(now, before);
  });

  test("a folder that joins the workspace is part of it for rename", async () => {
    const wanted = [join(one, "common.tgl"), join(one, "main.tgl")];
    const reached = async () => {
      const found = await it.at("vscode.executeDocumentRenameProvider", main, place(MAIN, "smol"), "little");
      return found.map(([uri]) => uri.path).sort();
    };
    assert.deepEqual(await reached(), wanted);
    await it.run((vscode, path) => vscode.workspace.updateWorkspaceFolders(1, 0, { uri: vscode.Uri.file(path) }), two);
    await until("the new folder", async () => (await reached()).length === 3);
    assert.deepEqual(await reached(), [...wanted, join(two, "other.tgl")]);
    await it.run((vscode) => vscode.workspace.updateWorkspaceFolders(1, 1));
    await until("without it", async () => (await reached()).length === 2);
  });

  test("a file outside of the workspace, and one that was never saved, are checked too", async () => {
    const alone = uriOf(join(box, "alone.tgl"));
    assert.equal(await it.open(alone), "tgl");
    await it.select(...place(MAIN.replace("./common", "./one/common"), "output final"));
    await it.page.keyboard.type("output more\n");
    await until("findings outside", async () => (await it.found(alone)).some((entry) => entry.code === "E0203"));
    await it.revert();
    const untitled = await it.run(async (vscode) => {
      const document = await vscode.workspace.openTextDocument({ language: "tgl", content: "graph g(question) { output b }\n" });
      await vscode.window.showTextDocument(document);
      return document.uri.toString();
    });
    await until("findings in the unsaved", async () => (await it.found(untitled)).some((entry) => entry.code === "E0203"));
    const indent = await it.run((vscode) => vscode.window.activeTextEditor.options.tabSize);
    assert.equal(indent, 2);
    await it.run((vscode) => vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor"));
  });

  test("the old side of a comparison is coloured and not judged", async () => {
    const uri = await it.run(async (vscode) => {
      vscode.workspace.registerTextDocumentContentProvider("old", { provideTextDocumentContent: () => "graph g(question) { output b }" });
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse("old:/one/main.tgl"));
      await vscode.window.showTextDocument(document);
      return document.uri.toString();
    });
    await pause(1500);
    assert.deepEqual(await it.found(uri), []);
    await it.run((vscode) => vscode.commands.executeCommand("workbench.action.closeActiveEditor"));
  });

  test("a comment and a text of several lines are typed as a person means them", async () => {
    await it.open(main);
    await it.run(async (vscode) => {
      const document = await vscode.workspace.openTextDocument({ language: "tgl", content: "" });
      await vscode.window.showTextDocument(document);
    });
    await it.page.locator(".monaco-editor.focused").waitFor();
    const slowly = { delay: 40 };
    await it.page.keyboard.type("## One.\nTwo.\n", slowly);
    for (let k = 0; k < 3; k++) await it.page.keyboard.press("Backspace", slowly);
    await it.page.keyboard.type('role r(q) -> answer {\nprompt """\nAnswer {{ q }}.\n"""', slowly);
    const typed = await it.text();
    await it.run((vscode) => vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor"));
    assert.equal(typed.replace(/\s+$/, ""), '## One.\n## Two.\nrole r(q) -> answer {\n  prompt """\n  Answer {{ q }}.\n  """\n}');
  });

  test("nothing was complained about in all that time", async () => {
    assert.deepEqual(await it.messages(), []);
  });
});

describe("without a tglc", () => {
  let editor;
  let it;
  before(async () => {
    editor = await start({ vsix, place: `folder=${one}`, path: BARE_PATH });
    it = hands(editor);
    await it.open(main);
  });
  after(async () => editor?.stop());
  const said = (words) => until(words, async () => (await it.messages()).find((text) => text.includes(words)));
  const clear = () => it.run((vscode) => vscode.commands.executeCommand("notifications.clearAll"));

  test("one message says what is missing, how to get it, and offers to do it", async () => {
    const text = await said("there is no `tglc` on the PATH");
    for (const part of ["pip install 'tgl[lsp]'", "tglc.path", "Try again", "Copy the install command"]) assert.ok(text.includes(part), text);
    assert.equal((await it.messages()).length, 1);
    await clear();
  });

  test("a path that leads nowhere is named", async () => {
    await it.setting("tglc.path", "~/no/tglc");
    const text = await said("no/tglc` is no program");
    assert.ok(text.includes(editor.home), text);
    await clear();
  });

  test("what a tglc says that can't serve is shown", async () => {
    const broken = join(box, "broken");
    writeFileSync(broken, "#!/bin/sh\necho 'the language server needs the package pygls' >&2\nexit 3\n");
    chmodSync(broken, 0o755);
    await it.setting("tglc.path", broken);
    await said("the language server needs the package pygls");
    assert.equal((await it.messages()).length, 1);
    await clear();
  });


  test("one that never answers does not stand in the way of the next", async () => {
    const silent = join(box, "silent");
    writeFileSync(silent, "#!/bin/sh\nexec sleep 600\n");
    chmodSync(silent, 0o755);
    await it.setting("tglc.path", silent);
    await pause(1000);
    assert.deepEqual(await it.messages(), []);
  });

  test("with the right path all is there at once, without a reload", async () => {
    mkdirSync(join(one, "tools"));
    writeFileSync(join(one, "tools/tglc"), `#!/bin/sh\nexec ${TGLC} "$@"\n`);
    chmodSync(join(one, "tools/tglc"), 0o755);
    await it.setting("tglc.path", "${workspaceFolder}/tools/tglc");
    await until("hints", () => it.page.locator(".view-line", { hasText: "3 options" }).count());
    assert.deepEqual(await it.messages(), []);
  });
});

describe("in a workspace that is not trusted", () => {
  const three = join(box, "three");
  let editor;
  let it;
  before(async () => {
    mkdirSync(join(three, ".venv/bin"), { recursive: true });
    writeFileSync(join(three, ".venv/bin/tglc"), `#!/bin/sh\nexec ${TGLC} "$@"\n`);
    chmodSync(join(three, ".venv/bin/tglc"), 0o755);
    writeFileSync(join(three, "a.tgl"), "graph g(question) { output b }\n");
    const settings = { "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never" };
    editor = await start({ vsix, place: `folder=${three}`, path: BARE_PATH, settings });
    it = hands(editor);
    await it.open(uriOf(join(three, "a.tgl")));
  });
  after(async () => editor?.stop());

  test("its own tglc is started when it is trusted, and not before", async () => {
    await until("the reason", async () => (await it.messages()).some((text) => text.includes("when you trust the workspace")));
    assert.deepEqual(servers(editor.home), []);
    await it.page.getByRole("button", { name: "Manage trust" }).click();
    await it.page.getByText("Trust", { exact: true }).first().click();
    await until("findings", async () => (await it.found(uriOf(join(three, "a.tgl")))).length > 0);
  });
});
