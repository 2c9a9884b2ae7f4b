#!/bin/sh
# Runs in a copy of the build root (check.sh).
set -eu
dpkg -i /kuager.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
if [ $# -gt 0 ]; then exec "$@"; fi

systemd-analyze verify /usr/lib/systemd/system/kuager*.target /usr/lib/systemd/system/kuager*.service /usr/lib/systemd/system/kuager*.path
udevadm verify --no-summary /usr/lib/udev/rules.d/70-kuager.rules
for unit in /usr/lib/systemd/system/kuager-*.service; do
    systemd-analyze security --offline=true --no-pager "$unit" | tail -n 1
done
kuager --version
/usr/lib/kuager/bin/python -I -c '
import importlib, kuager, numpy, PIL, gpiozero
for name in ("vault", "capture", "supervisor", "sealer", "link", "medium"):
    importlib.import_module(f"kuager.{name}.__main__")
print("numpy", numpy.__version__, numpy.__file__)
for module in (kuager, PIL, gpiozero):
    assert module.__file__.startswith("/usr/lib/kuager/"), module
'
lintian --allow-root --fail-on error,warning --tag-display-limit 0 /kuager.deb
