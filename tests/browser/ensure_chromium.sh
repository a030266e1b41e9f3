#!/bin/sh
# The browser tests drive Chromium. Find one, or install Debian's; say plainly what to do where neither works.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    echo "Installing Chromium for the browser tests ..."
    if $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; then
        exit 0
    fi
fi
cat >&2 <<'MESSAGE'
The browser tests need Chromium, and it could not be installed here.
Install it (Debian: sudo apt-get install chromium; Fedora: sudo dnf install chromium; macOS: brew install chromium)
and run `make test` again. Everything but the browser tests runs with: make test PYTEST="-m 'not browser'"
MESSAGE
exit 1
