#!/usr/bin/env bash
# Installs a real VS Code for the trials below node_modules/: code-server from npm, without what its own set-up would
# download from elsewhere. Needs Node 20, a C++ compiler, python3, ripgrep (Debian: ripgrep) and Chromium (chromium).
set -euo pipefail
cd "$(dirname "$0")"

[ "$(node -p 'process.versions.node.split(".")[0]')" = 20 ] || { echo "code-server 4.100.3 runs on Node 20, this is $(node -v)" >&2; exit 2; }
rg=$(command -v rg) || { echo "needs ripgrep: apt-get install ripgrep" >&2; exit 2; }
options="--ignore-scripts --no-fund --no-audit --no-package-lock"
# shellcheck disable=SC2086
npm install $options --no-save --prefix . code-server@4.100.3 playwright-core@1.65.1
code=node_modules/code-server/lib/vscode
# shellcheck disable=SC2086
npm install $options --omit=dev --prefix "$code"
npm rebuild --build-from-source --prefix . argon2
# node-pty's last step fetches a tool by name; what it needs was built before it.
npm rebuild --prefix "$code" node-pty @vscode/spdlog native-watchdog || [ -f "$code/node_modules/node-pty/build/Release/pty.node" ]
mkdir -p "$code/node_modules/@vscode/ripgrep/bin"
ln -sf "$rg" "$code/node_modules/@vscode/ripgrep/bin/rg"
ln -sfn node_modules "$code/node_modules.asar"
for made in @vscode/spdlog/build/Release/spdlog.node native-watchdog/build/Release/watchdog.node; do
  [ -f "$code/node_modules/$made" ] || { echo "not built: $made" >&2; exit 1; }
done
HOME=$(mktemp -d) node node_modules/code-server/out/node/entry.js --version
